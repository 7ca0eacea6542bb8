import type { Wei } from '../primitives/hex.ts'
import type { UptimeTally } from './tally.ts'
import type { ServiceTerms } from './terms.ts'

/** What has come of some terms on chain, as `Uptime.serviceOf` tells. */
export interface ServiceState {
  readonly redeemed: Wei
  readonly credited: Wei
  /** Number of the first interval that no credit is owed for, once the provider has ended it. */
  readonly endedAt: number | undefined
}

export const NEW_SERVICE: ServiceState = { redeemed: 0n, credited: 0n, endedAt: undefined }

/** What a set of tallies is worth, if there is money enough. */
export interface TallyWorth {
  /** Intervals that a quorum vouches for. */
  readonly up: number
  readonly down: number
  /** What redeeming and crediting them pays; each as if the other were not done first. */
  readonly toRedeem: Wei
  readonly toCredit: Wei
}

/**
 * The largest number that a quorum vouches for: the quorum-th largest; 0 where fewer speak.
 *
 * @param values at most one of each witness
 */
export function vouchedFor(values: readonly number[], quorum: number): number {
  return [...values].sort((a, b) => b - a)[quorum - 1] ?? 0
}

/**
 * What tallies of different witnesses come to, exactly as the contract counts it.
 *
 * @param tallies good ones, at most one of each witness
 * @param elapsed intervals that have passed on chain
 */
export function worthOf(
  terms: Pick<ServiceTerms, 'quorum' | 'pricePerInterval' | 'creditPerInterval'>,
  tallies: readonly Pick<UptimeTally, 'up' | 'down' | 'through'>[],
  elapsed: number,
  state: ServiceState = NEW_SERVICE
): TallyWorth {
  const { quorum, pricePerInterval: price, creditPerInterval: credit } = terms
  const { redeemed, credited, endedAt } = state
  const counting = tallies.filter(tally => tally.through <= elapsed)
  const creditable = tallies.filter(tally => tally.through <= (endedAt ?? elapsed))
  const up = vouchedFor(
    counting.map(tally => tally.up),
    quorum
  )
  const down = vouchedFor(
    creditable.map(tally => tally.down),
    quorum
  )
  return {
    up,
    down,
    toRedeem: due(Math.min(up, elapsed - intervalsOf(credited, credit)), price, redeemed),
    toCredit: due(Math.min(down, elapsed - intervalsOf(redeemed, price)), credit, credited)
  }
}

/** What the buyer's own tally comes to: its word is enough to pay, and never to be credited. */
export function worthOfBuyer(
  terms: Pick<ServiceTerms, 'pricePerInterval' | 'creditPerInterval'>,
  { up, through }: Pick<UptimeTally, 'up' | 'through'>,
  elapsed: number,
  { redeemed, credited }: ServiceState = NEW_SERVICE
): Wei {
  if (through > elapsed) return 0n
  const limit = elapsed - intervalsOf(credited, terms.creditPerInterval)
  return due(Math.min(up, limit), terms.pricePerInterval, redeemed)
}

function due(intervals: number, each: Wei, paid: Wei): Wei {
  const total = BigInt(intervals) * each
  return total > paid ? total - paid : 0n
}

/** Intervals that an amount was paid for; one that was paid in part counts as a whole. */
function intervalsOf(amount: Wei, each: Wei): number {
  return amount === 0n ? 0 : Number((amount + each - 1n) / each)
}
