import { createKeyedBuckets } from './token-bucket.ts'

/**
 * How peers behave that pass gossip on to us. What no honest peer sends, and far more of what is of no use than an honest
 * peer can come by, gets its sender refused for a while: cut off, not dialled, not let in, and graylisted by gossipsub.
 *
 * It goes by what a neighbour itself passed on. Gossipsub's own count of rejected messages charges everybody who brought
 * the same bytes, so nothing that an honest peer may have accepted is ever rejected there; its cost is counted here.
 */
export interface Conduct {
  /** It passed on what no honest peer does. */
  invalid(peer: string): void
  /** It passed on what is of no use here, and cost us so much; an honest peer does so now and then. */
  useless(peer: string, cost?: number): void
  isRefused(peer: string): boolean
  /** For gossipsub: 0, or far below its graylist. */
  score(peer: string): number
}

/** One may be the fault of another version, three are not; each is forgiven after a while. */
const INVALID_MAX = 3
const INVALID_FORGIVEN_PER_SEC = 1 / 60
/**
 * Useless messages, by cost: 100 a second are tolerated for ever, a flood of 1,000 a second for about a second. Clocks that
 * differ, chains that are seen late and books that were fetched meanwhile make honest peers pass on far fewer.
 */
const USELESS_MAX = 1_000
const USELESS_PER_SEC = 100
/** Refused for this long the first time, twice as long each time after, up to the second. */
export const REFUSED_MS_MIN = 60_000
export const REFUSED_MS_MAX = 3_600_000
/** Peers of which is remembered how they behave. Who comes back under another name begins anew: names cost nothing. */
const PEERS_MAX = 1_024
const REFUSED_SCORE = -1_000

export interface ConductInit {
  /** Called when a peer begins to be refused. */
  onRefused: (peer: string) => void
  /** Monotonic. Default: `performance.now`. */
  nowMs?: (() => number) | undefined
}

export function createConduct({ onRefused, nowMs = () => performance.now() }: ConductInit): Conduct {
  const keysMax = PEERS_MAX
  const invalids = createKeyedBuckets({ capacity: INVALID_MAX - 1, perSec: INVALID_FORGIVEN_PER_SEC, keysMax, nowMs })
  const uselessness = createKeyedBuckets({ capacity: USELESS_MAX, perSec: USELESS_PER_SEC, keysMax, nowMs })
  const refused = new Map<string, { untilMs: number; times: number }>()

  function isRefused(peer: string): boolean {
    return (refused.get(peer)?.untilMs ?? 0) > nowMs()
  }

  function refuse(peer: string): void {
    if (isRefused(peer)) return
    const times = (refused.get(peer)?.times ?? 0) + 1
    refused.delete(peer)
    refused.set(peer, { times, untilMs: nowMs() + Math.min(REFUSED_MS_MAX, REFUSED_MS_MIN * 2 ** (times - 1)) })
    if (refused.size > PEERS_MAX) refused.delete(refused.keys().next().value as string)
    onRefused(peer)
  }

  return {
    invalid(peer) {
      if (!invalids.take(peer)) refuse(peer)
    },
    useless(peer, cost = 1) {
      if (!uselessness.take(peer, cost)) refuse(peer)
    },
    isRefused,
    score: peer => (isRefused(peer) ? REFUSED_SCORE : 0)
  }
}
