import type { Wei } from '@archipel/protocol'

/** The rates of Bonds, which can never change, in ten thousandths. On top of what the harmed are paid, this is burnt… */
const BURN_BPS = 2_500n
/** …an equivocation costs this part of the bond, of which the reporter gets this… */
const PENALTY_BPS = 1_000n
const REPORTER_BPS = 1_000n
/** …and this part of a bond cannot be exposed to arbiters. */
const UNEXPOSED_BPS = 2_000n
const ALL_BPS = 10_000n

/** What a slash pays and burns. */
export interface Shares {
  readonly paidHarmed: Wei
  readonly paidReporter: Wei
  readonly burned: Wei
}

/** What an equivocation is taken from, and what has been taken for it. */
export interface Slashable {
  /** The bond. */
  readonly amount: Wei
  /** The part of it that arbiters alone can take. */
  readonly exposed: Wei
  readonly punished: boolean
  readonly compensated: Wei
}

/** How much of a bond can be exposed to all arbiters together; what is more keeps it from being taken out. */
export function exposedMax(amount: Wei): Wei {
  return (amount * (ALL_BPS - UNEXPOSED_BPS)) / ALL_BPS
}

/**
 * What Bonds would pay now for an equivocation: the harmed first, then the reporter.
 *
 * @param lost what the harmed may get for it in all; 0 where nobody is shown to be harmed
 */
export function sharesOf({ amount, exposed, punished, compensated }: Slashable, lost: Wei): Shares {
  const free = amount - exposed
  const owed = lost > compensated ? lost - compensated : 0n
  const payable = (free * ALL_BPS) / (ALL_BPS + BURN_BPS)
  const paidHarmed = least(owed, payable)
  const burned = ceilDiv(paidHarmed * BURN_BPS, ALL_BPS)
  if (punished) return { paidHarmed, paidReporter: 0n, burned }
  const penalty = least(free - paidHarmed - burned, ceilDiv(amount * PENALTY_BPS, ALL_BPS))
  const paidReporter = (penalty * REPORTER_BPS) / ALL_BPS
  return { paidHarmed, paidReporter, burned: burned + penalty - paidReporter }
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b
