import type { Libp2p, Peer, PeerId } from '@libp2p/interface'
import { type AddressPrefix, prefixOfPeer } from '../address-prefix.ts'
import { connectedPeers } from '../connected.ts'
import { KNOWN_PEERS_MAX, KNOWN_PEERS_READ_MAX, KNOWN_PER_PREFIX_MAX } from '../limits.ts'

/** Peers we may connect to, kept in libp2p's peer store and so across restarts. */
export interface KnownPeers {
  /** Reads what is stored and follows what changes. Safe to call twice. */
  start(): Promise<void>
  stop(): void
  /** Those with an address. */
  list(): readonly KnownPeer[]
  has(key: string): boolean
  /** Notes that we reached a peer at an address of its own. */
  met(peer: PeerId): Promise<void>
  /** Whether one more of a prefix is remembered. */
  hasRoom(prefix: AddressPrefix): boolean
  /** Forgets what is too much: of one prefix, and of all. Those that were never met go first. */
  tidy(): Promise<void>
}

export interface KnownPeer {
  readonly peerId: PeerId
  readonly prefix: AddressPrefix
  /** When we last reached it, milliseconds since 1970; 0 if never. */
  readonly metAtMs: number
}

type Host = Pick<Libp2p, 'peerStore' | 'getConnections' | 'addEventListener' | 'removeEventListener'>

/** Metadata of a peer in libp2p's store: decimal digits, milliseconds since 1970. */
const MET_KEY = 'archipel-met'
/** A peer that comes and goes costs a write no more often than this. */
const MET_AGAIN_MS = 60_000

/**
 * Kept in memory: reading one peer from the store costs most of a millisecond, as libp2p checks its key each time.
 *
 * @param isDiverse false where all peers share a prefix, as on a LAN or in a devnet: then only their number is bounded
 */
export function createKnownPeers(libp2p: Host, { isDiverse }: { isDiverse: boolean }): KnownPeers {
  const known = new Map<string, KnownPeer>()
  let starting: Promise<void> | undefined

  function note(peer: Peer): void {
    const key = peer.id.toString()
    if (peer.addresses.length === 0) known.delete(key)
    else if (known.has(key) || known.size < KNOWN_PEERS_READ_MAX) known.set(key, toKnown(peer))
  }

  const onUpdate = ({ detail }: { detail: { peer: Peer } }) => note(detail.peer)

  async function read(): Promise<void> {
    libp2p.addEventListener('peer:update', onUpdate)
    for (const peer of await libp2p.peerStore.all({ limit: KNOWN_PEERS_READ_MAX })) note(peer)
  }

  return {
    start() {
      starting ??= read()
      return starting
    },
    stop: () => libp2p.removeEventListener('peer:update', onUpdate),
    list: () => [...known.values()],
    has: key => known.has(key),
    async met(peer) {
      if (Date.now() - (known.get(peer.toString())?.metAtMs ?? 0) < MET_AGAIN_MS) return
      const metadata = { [MET_KEY]: new TextEncoder().encode(String(Date.now())) }
      await libp2p.peerStore.merge(peer, { metadata })
    },
    hasRoom(prefix) {
      if (!isDiverse) return true
      let ofPrefix = 0
      for (const peer of known.values()) if (peer.prefix === prefix) ofPrefix++
      return ofPrefix < KNOWN_PER_PREFIX_MAX
    },
    async tidy() {
      for (const { peerId } of chooseSurplus([...known.values()], connectedPeers(libp2p), isDiverse)) {
        known.delete(peerId.toString())
        await libp2p.peerStore.delete(peerId)
      }
    }
  }
}

/** Whom to forget: never whom we are connected to; of the others those that were met long ago or not at all. */
export function chooseSurplus(
  known: readonly KnownPeer[],
  connected: ReadonlyMap<string, PeerId>,
  isDiverse: boolean
): KnownPeer[] {
  const perPrefix = new Map<AddressPrefix, number>()
  let kept = 0
  const surplus: KnownPeer[] = []
  const isConnected = ({ peerId }: KnownPeer) => connected.has(peerId.toString())
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
