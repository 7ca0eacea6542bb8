import type { Demand } from '../demand/demand.ts'
import type { Usage } from '../receipt/receipt.ts'

/** What work is measured in, and paid by. */
export interface Measure {
  readonly unit: 'fuel' | 'ms'
  /** How many of these `Bid.rate` is the price of. */
  readonly perRate: bigint
  /** How many of these stand for a second of credit. */
  readonly perSec: number
}

/** Time that the program ran. */
const TIME: Measure = { unit: 'ms', perRate: 1000n, perSec: 1000 }

/**
 * What the fastest programs burn in a second on the fastest processors of today: seconds are turned into fuel by it, so that
 * a tick paid by fuel is never over sooner than one paid by time.
 */
export const FUEL_PER_SEC = 4_000_000_000
/** Executed instructions, weighed: the same on every machine, so that replicas owe the same and anybody can count again. */
const FUEL: Measure = { unit: 'fuel', perRate: 10n ** 12n, perSec: FUEL_PER_SEC }

/** Fuel where the demand bounds it, else time. */
export function measureOf({ fuel }: Pick<Demand, 'fuel'>): Measure {
  return fuel > 0 ? FUEL : TIME
}

/** Work done, in the demand's measure. */
export function workOf(demand: Pick<Demand, 'fuel'>, usage: Pick<Usage, 'runMs' | 'fuel'>): number {
  return measureOf(demand).unit === 'fuel' ? usage.fuel : usage.runMs
}

/** Several times what any processor of today burns: who claims more in a second lies. */
export const FUEL_PER_SEC_MAX = 4 * FUEL_PER_SEC

/** Fuel that bounds a job of which only is known how long it may run: what a fast processor burns in that time. */
export function fuelFor(durationSec: number): number {
  return Math.min(durationSec * FUEL_PER_SEC, Number.MAX_SAFE_INTEGER)
}

/** Most work that a demand allows, in its measure. */
export function workMax({ fuel, durationSec }: Pick<Demand, 'fuel' | 'durationSec'>): number {
  return fuel > 0 ? fuel : durationSec * 1000
}

/** Work that a tick of `tickSec` stands for, in the demand's measure. */
export function tickWork(demand: Pick<Demand, 'fuel'>, tickSec: number): number {
  return tickSec * measureOf(demand).perSec
}
