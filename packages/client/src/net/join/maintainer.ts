import type { GossipSub } from '@libp2p/gossipsub'
import type { Connection, Libp2p } from '@libp2p/interface'
import { connectedPeers } from '../connected.ts'
import { parseMultiaddr, peerIdTextOf } from '../dial.ts'
import type { PeerExchange } from '../exchange/peer-exchange.ts'
import { CHOSEN_PER_PREFIX_MAX, CONNECTION_SETTINGS, CONNECTIONS_MIN } from '../limits.ts'
import { shuffle } from '../shuffle.ts'
import { createKeyedBuckets } from '../token-bucket.ts'
import { timeoutSignal, unref } from '../wait.ts'
import { createAsking } from './asking.ts'
import { createBackoff } from './backoff.ts'
import { type Balance, balanceOf } from './balance.ts'
import { type Candidate, orderCandidates } from './candidates.ts'
import { createDeafness } from './deafness.ts'
import { createKnownPeers, type KnownPeer, type KnownPeers } from './known-peers.ts'
import {
  ASKS_PER_LOOK_MAX,
  BACKOFF_ALONE_MS_MAX,
  BACKOFF_LOST_MS_MAX,
  BOOTSTRAP_BELOW,
  CONNECTION_STABLE_MS,
  DEAF_LOOKS_MAX,
  DIAL_TIMEOUT_MS,
  DIALS_ALONE_MAX,
  DIALS_MAX,
  DIALS_PER_PREFIX,
  EXPLORE_INTERVAL_MS,
  LOOK_INTERVAL_MS,
  LOOK_SOON_MS,
  SLEPT_MS,
  TIDY_INTERVAL_MS
} from './limits.ts'
import { createLostPeers } from './lost.ts'
import { protect } from './protection.ts'

/** Looks after the connections: libp2p dials its bootstrap list once and never redials anybody. */
export interface Maintainer {
  start(): void
  /** Stops looking and gives up dials under way. */
  stop(): void
  /** Looks now instead of at the next tick, and forgets what failed, as when a machine wakes up. */
  wake(): void
  /** Whether to learn more of a peer: not of whom we are connected to, nor of whom we know and have not failed to reach. */
  isWanted(key: string): boolean
}

export interface MaintainerInit {
  /** Multiaddrs of first contacts; those with `/p2p/…` are skipped while that peer is connected. */
  bootstrap: readonly string[]
  /** Default {@link CONNECTIONS_MIN}. */
  connectionsMin?: number
  /** Whether connections have to lead to several prefixes. Default false: all are in one network. */
  isDiverse?: boolean
  /** Asks peers whom they know. Left out, nobody is asked. */
  exchange?: Pick<PeerExchange, 'ask'>
  /** Default: made from libp2p's peer store. */
  known?: KnownPeers
  /** Milliseconds between looks. Default {@link LOOK_INTERVAL_MS}. */
  intervalMs?: number
  /** A number from 0 up to 1; injected so that a test is repeatable. */
  random?: () => number
}

type Host = Pick<
  Libp2p<{ pubsub: GossipSub }>,
  'peerId' | 'peerStore' | 'getConnections' | 'dial' | 'services' | 'addEventListener' | 'removeEventListener'
>

export function createMaintainer(libp2p: Host, init: MaintainerInit): Maintainer {
  const { isDiverse = false, connectionsMin = CONNECTIONS_MIN, intervalMs = LOOK_INTERVAL_MS } = init
  const random = init.random ?? Math.random
  const bootstrap = init.bootstrap.map(parseMultiaddr)
  const bootstrapKeys = new Set(bootstrap.map(address => peerIdTextOf(address) ?? address.toString()))
  const known = init.known ?? createKnownPeers(libp2p, { isDiverse })
  const asking = createAsking(init.exchange ?? { ask: async () => [] })
  const deafness = createDeafness(libp2p, { deafMs: DEAF_LOOKS_MAX * intervalMs })
  const backoff = createBackoff(random)
  const lost = createLostPeers()
  const dialsPerPrefix = createKeyedBuckets(DIALS_PER_PREFIX)
  const dialling = new Map<string, Candidate>()
  /** Who was behind an address without a name. */
  const names = new Map<string, string>()
  let controller: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let dueAtMs = Number.POSITIVE_INFINITY
  let looking = false
  /** Something happened during a look. */
  let isStale = false
  let lookedAt = { wallMs: 0, monotonicMs: 0 }
  let tidyAtMs = 0
  let exploreAtMs = 0

  async function look(signal: AbortSignal): Promise<void> {
    if (hasSlept()) backoff.clear()
    deafness.look()
    const nowMs = performance.now()
    if (nowMs >= tidyAtMs) {
      tidyAtMs = nowMs + TIDY_INTERVAL_MS
      await known.start()
      await known.tidy()
      await protect(libp2p, peer => bootstrapKeys.has(peer))
    }
    const balance = balanceOf(libp2p.getConnections(), { connectionsMin, isDiverse })
    for (const candidate of choose(balance)) void dial(candidate, signal)
    if (balance.missing > 0) for (const connection of chooseAsked()) void ask(connection, signal)
  }

  /** A machine that slept has lost its connections without being told, and all failures are of another time. */
  function hasSlept(): boolean {
    const now = { wallMs: Date.now(), monotonicMs: performance.now() }
    const before = lookedAt
    lookedAt = now
    if (before.wallMs === 0) return false
    return Math.max(now.wallMs - before.wallMs, now.monotonicMs - before.monotonicMs) > SLEPT_MS + intervalMs
  }

  function choose(balance: Balance): Candidate[] {
    const peers = known.list()
    const connected = connectedPeers(libp2p)
    const isAlone = connected.size === 0
    const waitMsMax = isAlone ? BACKOFF_ALONE_MS_MAX : undefined
    const taken = new Set([libp2p.peerId.toString(), ...connected.keys()])
    const isFree = ({ key }: Candidate) =>
      !taken.has(key) && !taken.has(names.get(key) ?? '') && !dialling.has(key) && backoff.isDue(key, waitMsMax)
    const free = orderCandidates(bootstrap, peers, random).filter(isFree)
    const others = free.filter(({ isBootstrap }) => !isBootstrap)
    const wanted = connected.size < BOOTSTRAP_BELOW || others.length === 0 ? free : others
    const room = (isAlone ? DIALS_ALONE_MAX : DIALS_MAX) - dialling.size
    // One more than missing: some will fail, and the surplus of one connection is harmless.
    const count = balance.missing === 0 ? 0 : Math.min(balance.missing + 1 - dialling.size, room)
    const chosen = spread(wanted, balance, count)
    const chosenKeys = new Set(chosen.map(({ key }) => key))
    const again = lostCandidates(peers).filter(one => isFree(one) && !chosenKeys.has(one.key))
    return [...chosen, ...again.slice(0, Math.max(0, room - chosen.length)), ...explore(balance, chosen, free)]
  }

  /** The first that fit, without more of one prefix than is good. */
  function spread(candidates: readonly Candidate[], { chosen }: Balance, count: number): Candidate[] {
    const perPrefix = new Map(chosen)
    for (const { prefix } of dialling.values()) perPrefix.set(prefix, (perPrefix.get(prefix) ?? 0) + 1)
    const picked: Candidate[] = []
    for (const candidate of candidates) {
      if (picked.length >= count) break
      if (isDiverse && !candidate.isBootstrap) {
        const ofPrefix = perPrefix.get(candidate.prefix) ?? 0
        if (ofPrefix >= CHOSEN_PER_PREFIX_MAX || !dialsPerPrefix.take(candidate.prefix)) continue
        perPrefix.set(candidate.prefix, ofPrefix + 1)
      }
      picked.push(candidate)
    }
    return picked
  }

  function lostCandidates(peers: readonly KnownPeer[]): Candidate[] {
    const byKey = new Map(peers.map(peer => [peer.peerId.toString(), peer]))
    return lost.list().flatMap(peerId => {
      const peer = byKey.get(peerId.toString())
      if (peer === undefined || !backoff.isDue(peerId.toString(), BACKOFF_LOST_MS_MAX)) return []
      return [{ key: peerId.toString(), target: peerId, prefix: peer.prefix, isBootstrap: false }]
    })
  }

  /** Now and then somebody new, also when there are enough. */
  function explore(
    { missing, chosen: ours }: Balance,
    chosen: readonly Candidate[],
    free: readonly Candidate[]
  ): Candidate[] {
    const nowMs = performance.now()
    if (nowMs < exploreAtMs) return []
    const isFirst = exploreAtMs === 0
    exploreAtMs = nowMs + EXPLORE_INTERVAL_MS * (0.5 + random())
    if (isFirst || missing > 0 || chosen.length > 0) return []
    const outbound = [...ours.values()].reduce((sum, count) => sum + count, 0)
    if (outbound >= EXPLORED_MAX_FACTOR * connectionsMin) return []
    if (libp2p.getConnections().length >= CONNECTION_SETTINGS.maxConnections / 2) return []
    return free.slice(0, 1)
  }

  async function dial(candidate: Candidate, signal: AbortSignal): Promise<void> {
    const { key, target } = candidate
    dialling.set(key, candidate)
    try {
      const connection = await libp2p.dial(target, { signal: timeoutSignal(DIAL_TIMEOUT_MS, signal) })
      if (candidate.isBootstrap) names.set(key, connection?.remotePeer?.toString() ?? key)
      // The network is there again: what failed while it was not says nothing any more.
      if (connectedPeers(libp2p).size <= 1) backoff.clear()
    } catch {
      // Not reported: being unreachable is normal, and the next look tries somebody else.
      backoff.failed(key)
    } finally {
      dialling.delete(key)
      lookSoon()
    }
  }

  function chooseAsked(): Connection[] {
    const due = [...connectedPeers(libp2p).values()].filter(asking.isDue)
    return shuffle(due, random)
      .slice(0, ASKS_PER_LOOK_MAX)
      .flatMap(peer => libp2p.getConnections(peer).slice(0, 1))
  }

  async function ask(connection: Connection, signal: AbortSignal): Promise<void> {
    if ((await asking.ask(connection, signal)) > 0) lookSoon()
  }

  const onOpen = ({ detail: connection }: { detail: Connection }) => {
    const peer = connection.remotePeer
    const key = peer.toString()
    lost.found(key)
    if (connection.direction === 'outbound') known.met(peer).catch(() => {})
    const openedAtMs = performance.now()
    connection.addEventListener(
      'close',
      event => {
        if (performance.now() - openedAtMs < CONNECTION_STABLE_MS) backoff.failed(key)
        else backoff.succeeded(key)
        if ((event as { error?: Error }).error !== undefined && controller !== undefined) lost.add(peer)
        lookSoon()
      },
      { once: true }
    )
    lookSoon()
  }
  // Only now is it known what a new peer speaks.
  const onIdentify = () => lookSoon()

  function lookSoon(): void {
    if (looking) isStale = true
    else if (controller !== undefined) schedule(LOOK_SOON_MS)
  }

  /** The nearest of all times that were asked for. */
  function schedule(delayMs: number): void {
    const atMs = performance.now() + delayMs
    if (atMs >= dueAtMs) return
    clearTimeout(timer)
    dueAtMs = atMs
    timer = unref(setTimeout(run, delayMs))
  }

  function run(): void {
    dueAtMs = Number.POSITIVE_INFINITY
    const current = controller
    if (current === undefined || looking) return
    looking = true
    isStale = false
    look(current.signal)
      .catch(() => {})
      .finally(() => {
        looking = false
        if (controller === current) schedule(isStale ? LOOK_SOON_MS : intervalMs * (0.75 + random() / 2))
      })
  }

  return {
    start() {
      if (controller !== undefined) return
      controller = new AbortController()
      libp2p.addEventListener('connection:open', onOpen)
      libp2p.addEventListener('peer:identify', onIdentify)
      schedule(0)
    },
    stop() {
      libp2p.removeEventListener('connection:open', onOpen)
      known.stop()
      libp2p.removeEventListener('peer:identify', onIdentify)
      controller?.abort()
      controller = undefined
      clearTimeout(timer)
      dueAtMs = Number.POSITIVE_INFINITY
    },
    wake() {
      backoff.clear()
      if (controller !== undefined) schedule(0)
    },
    isWanted: key => !connectedPeers(libp2p).has(key) && (!known.has(key) || backoff.hasFailed(key))
  }
}

/** Exploring adds no more connections than this many times those that are wanted. */
const EXPLORED_MAX_FACTOR = 2
