import type { Demand } from '../demand/demand.ts'
import type { Prices, Resources } from '../offer/offer.ts'
import type { Wei } from '../primitives/hex.ts'

/** What one job costs, in smallest token units. */
export interface Quote {
  /** Due once the program has been started. */
  startup: Wei
  /** Per second of running time. */
  perSec: Wei
  /** Most that can become due within the Demand's duration. */
  priceMax: Wei
}

const GIB = 1n << 30n

/** Prices a Demand. Each part is rounded up once, so that the sum never favours rounding over the provider's price. */
export function quote(prices: Prices, { resources, durationSec }: Pick<Demand, 'resources' | 'durationSec'>): Quote {
  const perSec = pricePerSec(prices, resources)
  return { startup: prices.startup, perSec, priceMax: prices.startup + perSec * BigInt(durationSec) }
}

/**
 * CPU that a job takes: whole cores, in thousandths. No executor keeps a program to a share of a core yet, so a job that
 * asks for less can keep a core busy all the same; that is what it pays for and what is set aside for it.
 */
export function wholeCores(cpuMillis: number): number {
  return Math.ceil(cpuMillis / 1000) * 1000
}

export function pricePerSec(prices: Prices, resources: Resources): Wei {
  return (
    prices.cpuSec * BigInt(wholeCores(resources.cpuMillis) / 1000) +
    divideUp(prices.memGiBSec * BigInt(resources.memoryBytes), GIB)
  )
}

/** What `runMs` of running time has made due under a quote: never above its `priceMax`. */
export function amountDue({ startup, perSec, priceMax }: Quote, runMs: number): Wei {
  const due = startup + divideUp(perSec * BigInt(Math.ceil(runMs)), 1000n)
  return due < priceMax ? due : priceMax
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by
}
