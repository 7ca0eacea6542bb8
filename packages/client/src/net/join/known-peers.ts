import type { Libp2p, Peer, PeerId } from '@libp2p/interface'
import { type AddressPrefix, prefixOfPeer } from '../address-prefix.ts'
import { KNOWN_PEERS_MAX, KNOWN_PEERS_READ_MAX, KNOWN_PER_PREFIX_MAX } from '../limits.ts'

/** Peers we may connect to, kept in libp2p's peer store and so across restarts. */
export interface KnownPeers {
  /** Those with an address. The list is up to {@link LIST_FRESH_MS} old, and does not wait while it is being read. */
  list(): Promise<readonly KnownPeer[]>
  /** Notes that we reached a peer at an address of its own. */
  met(peer: PeerId): Promise<void>
  /** Whether one more of a prefix is remembered. */
  hasRoom(prefix: AddressPrefix): boolean
  /** Something new may be there: the next list is read anew. */
  changed(): void
  /** Forgets what is too much: of one prefix, and of all. Those that were never met go first. */
  tidy(): Promise<void>
}

export interface KnownPeer {
  readonly peerId: PeerId
  readonly prefix: AddressPrefix
  /** When we last reached it, milliseconds since 1970; 0 if never. */
  readonly metAtMs: number
}

type Host = Pick<Libp2p, 'peerStore' | 'getPeers'>

/** Metadata of a peer in libp2p's store: decimal digits, milliseconds since 1970. */
const MET_KEY = 'archipel-met'
/** A peer that comes and goes costs a write no more often than this. */
const MET_AGAIN_MS = 60_000
export const LIST_FRESH_MS = 10_000

/** @param isDiverse false where all peers share a prefix, as on a LAN or in a devnet: then only their number is bounded */
export function createKnownPeers(libp2p: Host, { isDiverse }: { isDiverse: boolean }): KnownPeers {
  let cached: readonly KnownPeer[] = []
  let freshUntilMs = 0
  let perPrefix = new Map<AddressPrefix, number>()

  async function read(): Promise<readonly KnownPeer[]> {
    const peers = await libp2p.peerStore.all({ limit: KNOWN_PEERS_READ_MAX })
    cached = peers.filter(({ addresses }) => addresses.length > 0).map(toKnown)
    perPrefix = new Map()
    for (const { prefix } of cached) perPrefix.set(prefix, (perPrefix.get(prefix) ?? 0) + 1)
    freshUntilMs = performance.now() + LIST_FRESH_MS
    return cached
  }

  return {
    list: async () => (performance.now() < freshUntilMs ? cached : read()),
    async met(peer) {
      const known = await libp2p.peerStore.get(peer).catch(() => undefined)
      if (known !== undefined && Date.now() - metAtMsOf(known) < MET_AGAIN_MS) return
      const metadata = { [MET_KEY]: new TextEncoder().encode(String(Date.now())) }
      await libp2p.peerStore.merge(peer, { metadata })
    },
    hasRoom: prefix => !isDiverse || (perPrefix.get(prefix) ?? 0) < KNOWN_PER_PREFIX_MAX,
    changed() {
      freshUntilMs = 0
    },
    async tidy() {
      const surplus = chooseSurplus(await read(), libp2p.getPeers(), isDiverse)
      for (const { peerId } of surplus) await libp2p.peerStore.delete(peerId)
      if (surplus.length > 0) freshUntilMs = 0
    }
  }
}

/** Whom to forget: never whom we are connected to, those that were met last, if at all. */
export function chooseSurplus(
  known: readonly KnownPeer[],
  connected: readonly PeerId[],
  isDiverse: boolean
): KnownPeer[] {
  const taken = new Set(connected.map(String))
  const perPrefix = new Map<AddressPrefix, number>()
  let kept = 0
  const surplus: KnownPeer[] = []
  const isConnected = ({ peerId }: KnownPeer) => taken.has(peerId.toString())
  const byWorth = [...known].sort((a, b) => Number(isConnected(b)) - Number(isConnected(a)) || b.metAtMs - a.metAtMs)
  for (const peer of byWorth) {
    const ofPrefix = perPrefix.get(peer.prefix) ?? 0
    const isTooMuch = kept >= KNOWN_PEERS_MAX || (isDiverse && ofPrefix >= KNOWN_PER_PREFIX_MAX)
    if (isTooMuch && !isConnected(peer)) {
      surplus.push(peer)
      continue
    }
    kept++
    perPrefix.set(peer.prefix, ofPrefix + 1)
  }
  return surplus
}

function toKnown(peer: Peer): KnownPeer {
  return {
    peerId: peer.id,
    prefix: prefixOfPeer(peer.addresses.map(({ multiaddr }) => multiaddr)),
    metAtMs: metAtMsOf(peer)
  }
}

function metAtMsOf({ metadata }: Peer): number {
  const bytes = metadata.get(MET_KEY)
  const value = bytes === undefined ? 0 : Number(new TextDecoder().decode(bytes))
  return Number.isSafeInteger(value) ? value : 0
}
