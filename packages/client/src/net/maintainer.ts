import type { GossipSub } from '@libp2p/gossipsub'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { parseMultiaddr, peerIdTextOf } from './dial.ts'
import { CONNECTIONS_MIN } from './limits.ts'
import { timeoutSignal, unref } from './wait.ts'

/** Looks after the number of connections: libp2p dials its bootstrap list once and never redials anybody. */
export interface Maintainer {
  start(): void
  /** Stops looking and gives up dials under way. */
  stop(): void
  /** Looks now instead of at the next tick, as when a machine wakes up. */
  wake(): void
}

export interface MaintainerInit {
  /** Multiaddrs of first contacts; those with `/p2p/…` are skipped while that peer is connected. */
  bootstrap: readonly string[]
  /** Default {@link CONNECTIONS_MIN}. */
  connectionsMin?: number
  /** Milliseconds between looks. Default {@link LOOK_INTERVAL_MS}. */
  intervalMs?: number
  /** A number from 0 up to 1; injected so that a test is repeatable. */
  random?: () => number
}

/** Looking costs nothing while there are enough connections. */
export const LOOK_INTERVAL_MS = 1_000

/** A peer that can't be reached is tried again after 1 s, 2 s, 4 s … up to a minute, each ± 50 % so nobody is in step. */
const BACKOFF_FIRST_MS = 1_000
const BACKOFF_MAX_MS = 60_000

/** Dials started per look, and how long each may take: a dead address must not hold up the next candidate. */
const DIALS_PER_LOOK_MAX = 8
const DIAL_TIMEOUT_MS = 4_000

/** Known peers considered per look, and failures remembered: a poisoned peer store must cost no more than this. */
const KNOWN_PEERS_MAX = 256
const FAILURES_MAX = 1_024

/** A connected peer that gossips but is missing from our gossip for this many looks is deaf to us: reconnect. */
const DEAF_LOOKS_MAX = 10

interface Candidate {
  key: string
  target: PeerId | Multiaddr
}

type Host = Pick<
  Libp2p<{ pubsub: GossipSub }>,
  'peerId' | 'peerStore' | 'getPeers' | 'getConnections' | 'dial' | 'services'
>

export function createMaintainer(libp2p: Host, init: MaintainerInit): Maintainer {
  const connectionsMin = init.connectionsMin ?? CONNECTIONS_MIN
  const intervalMs = init.intervalMs ?? LOOK_INTERVAL_MS
  const random = init.random ?? Math.random
  const bootstrap = init.bootstrap.map(parseMultiaddr)
  const failures = new Map<string, { count: number; notBeforeMs: number }>()
  const deafLooks = new Map<string, number>()
  let controller: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let looking = false

  async function look(signal: AbortSignal): Promise<void> {
    dropDeaf()
    const missing = connectionsMin - libp2p.getPeers().length
    if (missing <= 0) return
    const candidates = await findCandidates()
    // One more than missing: some will fail, and the surplus of one connection is harmless.
    const chosen = candidates.slice(0, Math.min(missing + 1, DIALS_PER_LOOK_MAX))
    await Promise.all(chosen.map(candidate => dial(candidate, signal)))
  }

  async function findCandidates(): Promise<Candidate[]> {
    const taken = new Set([libp2p.peerId.toString(), ...libp2p.getPeers().map(String)])
    const found = new Map<string, Candidate>()
    for (const address of shuffle(bootstrap)) {
      const key = peerIdTextOf(address) ?? address.toString()
      if (!taken.has(key)) found.set(key, { key, target: address })
    }
    const known = await libp2p.peerStore.all({ limit: KNOWN_PEERS_MAX })
    for (const peer of shuffle(known)) {
      const key = peer.id.toString()
      if (!taken.has(key) && !found.has(key) && peer.addresses.length > 0) found.set(key, { key, target: peer.id })
    }
    const nowMs = performance.now()
    return [...found.values()].filter(({ key }) => (failures.get(key)?.notBeforeMs ?? 0) <= nowMs)
  }

  async function dial({ key, target }: Candidate, signal: AbortSignal): Promise<void> {
    try {
      await libp2p.dial(target, { signal: timeoutSignal(DIAL_TIMEOUT_MS, signal) })
      failures.delete(key)
    } catch {
      // Not reported: being unreachable is normal, and the next look tries somebody else.
      const count = (failures.get(key)?.count ?? 0) + 1
      const waitMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (count - 1)) * (0.5 + random())
      failures.delete(key)
      failures.set(key, { count, notBeforeMs: performance.now() + waitMs })
      for (const oldest of failures.keys()) {
        if (failures.size <= FAILURES_MAX) break
        failures.delete(oldest)
      }
    }
  }

  /**
   * One gossip frame over the receiver's bound ends that link's gossip for good while the connection lives on. Such a
   * peer is connected but not among gossip's peers; a new connection heals it.
   */
  function dropDeaf(): void {
    const hearing = new Set(libp2p.services.pubsub.getPeers().map(String))
    const connected = new Set(libp2p.getPeers().map(String))
    for (const key of deafLooks.keys()) if (!connected.has(key) || hearing.has(key)) deafLooks.delete(key)
    for (const peer of libp2p.getPeers()) {
      const key = peer.toString()
      if (hearing.has(key)) continue
      const looks = (deafLooks.get(key) ?? 0) + 1
      deafLooks.set(key, looks)
      if (looks === DEAF_LOOKS_MAX) closeIfGossiping(peer)
    }
  }

  function closeIfGossiping(peer: PeerId): void {
    libp2p.peerStore
      .get(peer)
      .then(({ protocols }) => {
        if (!protocols.some(protocol => protocol.startsWith('/meshsub/'))) return
        for (const connection of libp2p.getConnections(peer)) connection.close().catch(() => {})
      })
      .catch(() => {})
  }

  function shuffle<T>(list: readonly T[]): T[] {
    const copy = [...list]
    for (let i = copy.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1))
      ;[copy[i], copy[j]] = [copy[j]!, copy[i]!]
    }
    return copy
  }

  function schedule(delayMs: number): void {
    clearTimeout(timer)
    timer = unref(setTimeout(run, delayMs))
  }

  function run(): void {
    const current = controller
    if (current === undefined || looking) return
    looking = true
    look(current.signal)
      .catch(() => {})
      .finally(() => {
        looking = false
        if (controller === current) schedule(intervalMs * (0.75 + random() / 2))
      })
  }

  return {
    start() {
      if (controller !== undefined) return
      controller = new AbortController()
      schedule(0)
    },
    stop() {
      controller?.abort()
      controller = undefined
      clearTimeout(timer)
    },
    wake() {
      failures.clear()
      if (controller !== undefined) schedule(0)
    }
  }
}
