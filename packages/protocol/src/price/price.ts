import type { Demand } from '../demand/demand.ts'
import { FUEL_PER_SEC, measureOf, workMax } from '../measure/measure.ts'
import type { Prices } from '../offer/offer.ts'
import type { Wei } from '../primitives/hex.ts'

/** What one job costs, in smallest token units. */
export interface Quote {
  /** Due once the program has been started. */
  startup: Wei
  /** Per 10¹² of fuel where the Demand bounds fuel, else per second of running time. */
  rate: Wei
  /** Most that can become due within the Demand's bound. */
  priceMax: Wei
}

type Priced = Pick<Demand, 'resources' | 'durationSec' | 'fuel'>

const GIB = 1n << 30n

/** Prices a Demand. Each part is rounded up once, so that the sum never favours rounding over the provider's price. */
export function quote(prices: Prices, demand: Priced): Quote {
  const { startup } = prices
  const rate = rateOf(prices, demand)
  return { startup, rate, priceMax: startup + priceOf(rate, demand, workMax(demand)) }
}

/**
 * CPU that a job takes: whole cores, in thousandths. No executor keeps a program to a share of a core yet, so a job that
 * asks for less can keep a core busy all the same; that is what it pays for and what is set aside for it.
 */
export function wholeCores(cpuMillis: number): number {
  return Math.ceil(cpuMillis / 1000) * 1000
}

function rateOf(prices: Prices, { fuel, resources }: Priced): Wei {
  const cores = BigInt(wholeCores(resources.cpuMillis) / 1000)
  const memory = prices.memGiBSec * BigInt(resources.memoryBytes)
  if (fuel === 0) return prices.cpuSec * cores + divideUp(memory, GIB)
  const { perRate } = measureOf({ fuel })
  return prices.terafuel * cores + divideUp(memory * perRate, GIB * BigInt(FUEL_PER_SEC))
}

/** What `work` costs beside the start. @param work in the demand's measure */
export function priceOf(rate: Wei, demand: Pick<Demand, 'fuel'>, work: number): Wei {
  return divideUp(rate * BigInt(Math.ceil(work)), measureOf(demand).perRate)
}

/** What `work` has made due under a quote: never above its `priceMax`. @param work in the demand's measure */
export function amountDue({ startup, rate, priceMax }: Quote, demand: Pick<Demand, 'fuel'>, work: number): Wei {
  const due = startup + priceOf(rate, demand, work)
  return due < priceMax ? due : priceMax
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by
}
