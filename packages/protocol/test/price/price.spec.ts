import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { amountDue, type Prices, pricePerSec, type Quote, quote, type Resources } from '../../src/index.ts'
import { uints, weis } from '../helpers/arbitraries.ts'
import { check } from '../helpers/check.ts'

const GIB = 2n ** 30n
const resources: fc.Arbitrary<Resources> = fc.record({
  cpuMillis: uints(32),
  memoryBytes: uints(64),
  diskBytes: uints(64)
})
const prices: fc.Arbitrary<Prices> = fc.record({ startup: weis, cpuSec: weis, memGiBSec: weis })
const quotes: fc.Arbitrary<Quote> = fc.record({ startup: weis, perSec: weis, priceMax: weis })
const runMs = uints(64)

describe('pricePerSec', () => {
  it('is the price of whole cores, and the least whole number that is not below the exact price of the memory', () => {
    check(
      fc.property(prices, resources, (asked, need) => {
        const cpu = asked.cpuSec * roundUp(BigInt(need.cpuMillis), 1000n)
        const memory = asked.memGiBSec * BigInt(need.memoryBytes)
        const price = pricePerSec(asked, need)
        // In units of 1/GiB: exact ≤ price < exact + one unit.
        const exact = cpu * GIB + memory
        const scaled = price * GIB
        expect(scaled >= exact && scaled < exact + GIB).toBe(true)
        expect(price).toBe(cpu + roundUp(memory, GIB))
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
    const asked = { startup: 0n, cpuSec: 25_000n, memGiBSec: 4_000n }
    expect(pricePerSec(asked, { cpuMillis, memoryBytes, diskBytes: 0 })).toBe(price)
  })
})

function roundUp(value: bigint, by: bigint): bigint {
  return value % by === 0n ? value / by : value / by + 1n
}

describe('quote', () => {
  it('costs its start and every second of the duration', () => {
    check(
      fc.property(prices, resources, uints(32), (asked, need, durationSec) => {
        const { startup, perSec, priceMax } = quote(asked, { resources: need, durationSec })
        expect(startup).toBe(asked.startup)
        expect(priceMax).toBe(startup + perSec * BigInt(durationSec))
      })
    )
  })
})

describe('amountDue', () => {
  it('never falls, never passes the cap, and is reached exactly at the end of the duration', () => {
    check(
      fc.property(quotes, runMs, runMs, (given, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a]
        expect(amountDue(given, less) <= amountDue(given, more)).toBe(true)
        expect(amountDue(given, more) <= given.priceMax).toBe(true)
      })
    )
    check(
      fc.property(prices, resources, uints(16), (asked, need, durationSec) => {
        const whole = quote(asked, { resources: need, durationSec })
        expect(amountDue(whole, durationSec * 1000)).toBe(whole.priceMax)
      })
    )
  })

  it('rounds up once, by less than one unit', () => {
    check(
      fc.property(quotes, runMs, ({ startup, perSec }, ms) => {
        const due = amountDue({ startup, perSec, priceMax: 2n ** 300n }, ms)
        const exact = startup * 1000n + perSec * BigInt(ms)
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
          paid += amountDue(given, runMs) - paid
        }
        if (steps.length > 0) expect(paid).toBe(amountDue(given, runMs))
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
    expect(amountDue({ startup: 1_000n, perSec: 27_000n, priceMax: 100_000n }, ms)).toBe(due)
  })

  it('never asks for more than a cap below the start', () => {
    expect(amountDue({ startup: 10n, perSec: 1n, priceMax: 3n }, 0)).toBe(3n)
  })
})
