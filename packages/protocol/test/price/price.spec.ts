import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { amountDue, FUEL_PER_SEC, type Prices, type Quote, quote, type Resources } from '../../src/index.ts'
import { uints, weis } from '../helpers/arbitraries.ts'
import { check } from '../helpers/check.ts'

const GIB = 2n ** 30n
const TERA = 10n ** 12n
const resources: fc.Arbitrary<Resources> = fc.record({
  cpuMillis: uints(32),
  memoryBytes: uints(64),
  diskBytes: uints(64)
})
const prices: fc.Arbitrary<Prices> = fc.record({ startup: weis, cpuSec: weis, memGiBSec: weis, terafuel: weis })
const quotes: fc.Arbitrary<Quote> = fc.record({ startup: weis, rate: weis, priceMax: weis })
const runMs = uints(64)
const fuels = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })

describe('the rate of a quote', () => {
  const rateOf = (asked: Prices, need: Resources, fuel = 0) => {
    return quote(asked, { resources: need, durationSec: 1, fuel }).rate
  }

  it('is, by time, whole cores and the least whole number that is not below the exact price of the memory', () => {
    check(
      fc.property(prices, resources, (asked, need) => {
        const cpu = asked.cpuSec * roundUp(BigInt(need.cpuMillis), 1000n)
        const memory = asked.memGiBSec * BigInt(need.memoryBytes)
        expect(rateOf(asked, need)).toBe(cpu + roundUp(memory, GIB))
      })
    )
  })

  it('is, by fuel, what it costs on whole cores, and memory for the seconds that it takes on the fastest', () => {
    check(
      fc.property(prices, resources, uints(32), (asked, need, fuel) => {
        const cpu = asked.terafuel * roundUp(BigInt(need.cpuMillis), 1000n)
        const memory = asked.memGiBSec * BigInt(need.memoryBytes) * TERA
        expect(rateOf(asked, need, fuel + 1)).toBe(cpu + roundUp(memory, GIB * BigInt(FUEL_PER_SEC)))
      })
    )
  })

  it.each([
    ['one core and one GiB', 1000, 2 ** 30, 25_000n + 4_000n],
    ['half a core, which can keep a whole one busy', 500, 0, 25_000n],
    ['a thousandth of a core', 1, 0, 25_000n],
    ['a core and a half', 1500, 0, 50_000n],
    ['one byte of memory, rounded up', 0, 1, 1n],
    ['nothing', 0, 0, 0n]
  ])('%s', (_, cpuMillis, memoryBytes, price) => {
    const asked = { startup: 0n, cpuSec: 25_000n, memGiBSec: 4_000n, terafuel: 0n }
    expect(rateOf(asked, { cpuMillis, memoryBytes, diskBytes: 0 })).toBe(price)
  })

  it.each([
    ['one core and one GiB', 1000, 2 ** 30, 70_000n + 250n * 4_000n],
    ['half a core', 500, 0, 70_000n],
    ['one byte of memory, rounded up', 0, 1, 1n]
  ])('by fuel: %s', (_, cpuMillis, memoryBytes, price) => {
    const asked = { startup: 0n, cpuSec: 25_000n, memGiBSec: 4_000n, terafuel: 70_000n }
    expect(rateOf(asked, { cpuMillis, memoryBytes, diskBytes: 0 }, 1)).toBe(price)
  })
})

function roundUp(value: bigint, by: bigint): bigint {
  return value % by === 0n ? value / by : value / by + 1n
}

describe('quote', () => {
  it('costs its start and every second of the duration', () => {
    check(
      fc.property(prices, resources, uints(32), (asked, need, durationSec) => {
        const { startup, rate, priceMax } = quote(asked, { resources: need, durationSec, fuel: 0 })
        expect(startup).toBe(asked.startup)
        expect(priceMax).toBe(startup + rate * BigInt(durationSec))
      })
    )
  })

  it('costs its start and all of the fuel, however long that takes', () => {
    check(
      fc.property(prices, resources, uints(32), fuels, (asked, need, durationSec, fuel) => {
        const { startup, rate, priceMax } = quote(asked, { resources: need, durationSec, fuel })
        expect(priceMax).toBe(startup + roundUp(rate * BigInt(fuel), TERA))
      })
    )
  })
})

describe('amountDue', () => {
  it('never falls, never passes the cap, and is reached exactly at the end of the duration', () => {
    check(
      fc.property(quotes, runMs, runMs, (given, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a]
        expect(amountDue(given, { fuel: 0 }, less) <= amountDue(given, { fuel: 0 }, more)).toBe(true)
        expect(amountDue(given, { fuel: 0 }, more) <= given.priceMax).toBe(true)
      })
    )
    check(
      fc.property(prices, resources, uints(16), (asked, need, durationSec) => {
        const whole = quote(asked, { resources: need, durationSec, fuel: 0 })
        expect(amountDue(whole, { fuel: 0 }, durationSec * 1000)).toBe(whole.priceMax)
      })
    )
    check(
      fc.property(prices, resources, fuels, (asked, need, fuel) => {
        const whole = quote(asked, { resources: need, durationSec: 1, fuel })
        expect(amountDue(whole, { fuel }, fuel)).toBe(whole.priceMax)
      })
    )
  })

  it('rounds up once, by less than one unit', () => {
    check(
      fc.property(quotes, runMs, ({ startup, rate }, ms) => {
        const due = amountDue({ startup, rate, priceMax: 2n ** 300n }, { fuel: 0 }, ms)
        const exact = startup * 1000n + rate * BigInt(ms)
        expect(due * 1000n >= exact && due * 1000n < exact + 1000n).toBe(true)
      })
    )
  })

  it('costs the same whether a job is told of in many ticks or in one: amounts are cumulative', () => {
    check(
      fc.property(quotes, fc.array(uints(32), { maxLength: 20 }), (given, steps) => {
        let runMs = 0
        let paid = 0n
        for (const step of steps) {
          runMs += step
          paid += amountDue(given, { fuel: 0 }, runMs) - paid
        }
        if (steps.length > 0) expect(paid).toBe(amountDue(given, { fuel: 0 }, runMs))
      })
    )
  })

  it.each([
    ['nothing has run: the start', 0, 1_000n],
    ['a millisecond', 1, 1_027n],
    ['a second', 1_000, 28_000n],
    ['a fraction of a millisecond counts as one', 0.25, 1_027n],
    ['the cap', 10 ** 9, 100_000n]
  ])('%s', (_, ms, due) => {
    expect(amountDue({ startup: 1_000n, rate: 27_000n, priceMax: 100_000n }, { fuel: 0 }, ms)).toBe(due)
  })

  it('of fuel is the price of each 10¹²', () => {
    const given = { startup: 10n, rate: 2_000n, priceMax: 10_000n }
    expect(amountDue(given, { fuel: 5e12 }, 1.5e12)).toBe(3_010n)
    expect(amountDue(given, { fuel: 5e12 }, 1)).toBe(11n)
  })

  it('never asks for more than a cap below the start', () => {
    expect(amountDue({ startup: 10n, rate: 1n, priceMax: 3n }, { fuel: 0 }, 0)).toBe(3n)
  })
})
