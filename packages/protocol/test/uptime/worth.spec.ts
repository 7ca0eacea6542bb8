import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { elapsedIntervals, NEW_SERVICE, type ServiceState, vouchedFor, worthOf, worthOfBuyer } from '../../src/index.ts'
import { check } from '../helpers/check.ts'

const terms = { quorum: 3, pricePerInterval: 7n, creditPerInterval: 11n }
const say = (up: number, down: number, through: number) => ({ up, down, through })

describe('vouchedFor', () => {
  it.each<[number, number[], number]>([
    [0, [], 1],
    [0, [5, 5], 3],
    [7, [9, 2, 10, 7, 4], 3],
    [2, [9, 2, 10, 7, 4], 5],
    [5, [5, 5, 5], 3]
  ])('%i of %o for a quorum of %i', (expected, values, quorum) => {
    expect(vouchedFor(values, quorum)).toBe(expected)
  })

  it('is what so many say at least, and no larger number is', () => {
    check(
      fc.property(fc.array(fc.nat(20), { maxLength: 9 }), fc.integer({ min: 1, max: 9 }), (values, quorum) => {
        const found = vouchedFor(values, quorum)
        const saying = (least: number) => values.filter(value => value >= least).length
        if (found > 0) expect(saying(found)).toBeGreaterThanOrEqual(quorum)
        expect(saying(found + 1)).toBeLessThan(quorum)
      })
    )
  })
})

describe('worthOf', () => {
  const all = [say(8, 2, 10), say(8, 2, 10), say(8, 2, 10)]
  const state = (changes: Partial<ServiceState>) => ({ ...NEW_SERVICE, ...changes })

  it('counts what was not paid before', () => {
    expect(worthOf(terms, all, 10)).toEqual({ up: 8, down: 2, toRedeem: 56n, toCredit: 22n })
    expect(worthOf(terms, all, 10, state({ redeemed: 50n, credited: 22n }))).toMatchObject({
      toRedeem: 6n,
      toCredit: 0n
    })
    expect(worthOf(terms, all, 10, state({ redeemed: 57n }))).toMatchObject({ toRedeem: 0n })
  })

  it('counts no interval both ways, and one paid in part as a whole', () => {
    const contradicting = [
      say(10, 0, 10),
      say(10, 0, 10),
      say(10, 0, 10),
      say(0, 10, 10),
      say(0, 10, 10),
      say(0, 10, 10)
    ]
    expect(worthOf(terms, contradicting, 10)).toMatchObject({ toRedeem: 70n, toCredit: 110n })
    expect(worthOf(terms, contradicting, 10, state({ redeemed: 70n })).toCredit).toBe(0n)
    expect(worthOf(terms, contradicting, 10, state({ redeemed: 57n })).toCredit).toBe(11n)
    expect(worthOf(terms, contradicting, 10, state({ credited: 12n })).toRedeem).toBe(56n)
  })

  it('leaves out what is ahead, and for credits what looks beyond the end', () => {
    expect(worthOf(terms, all, 9)).toMatchObject({ up: 0, down: 0, toRedeem: 0n, toCredit: 0n })
    expect(worthOf(terms, all, 12, state({ endedAt: 9 }))).toMatchObject({ up: 8, down: 0 })
    expect(worthOf(terms, all, 12, state({ endedAt: 10 }))).toMatchObject({ up: 8, down: 2 })
  })

  it('never comes to more than the intervals that have passed, in whichever order it is taken', () => {
    const tally = fc
      .tuple(fc.nat(30), fc.nat(30), fc.nat(30))
      .map(([through, up, down]) =>
        say(Math.min(up, through), Math.min(down, through - Math.min(up, through)), through)
      )
    check(
      fc.property(
        fc.array(tally, { minLength: 3, maxLength: 5 }),
        fc.nat(30),
        fc.boolean(),
        (tallies, elapsed, first) => {
          let now = NEW_SERVICE
          for (const redeem of [first, !first, first]) {
            const { toRedeem, toCredit } = worthOf(terms, tallies, elapsed, now)
            now = redeem ? { ...now, redeemed: now.redeemed + toRedeem } : { ...now, credited: now.credited + toCredit }
          }
          expect(now.redeemed / 7n + now.credited / 11n).toBeLessThanOrEqual(BigInt(elapsed))
          const again = worthOf(terms, tallies, elapsed, now)
          expect(first ? again.toRedeem : again.toCredit).toBe(0n)
        }
      )
    )
  })
})

describe('worthOfBuyer', () => {
  it('pays on one word, from the same counter', () => {
    expect(worthOfBuyer(terms, say(8, 0, 10), 10)).toBe(56n)
    expect(worthOfBuyer(terms, say(8, 0, 10), 10, { ...NEW_SERVICE, redeemed: 49n })).toBe(7n)
    expect(worthOfBuyer(terms, say(10, 0, 10), 10, { ...NEW_SERVICE, credited: 22n })).toBe(56n)
    expect(worthOfBuyer(terms, say(8, 0, 11), 10)).toBe(0n)
  })
})

describe('elapsedIntervals', () => {
  const service = { startsAt: 1_000, intervalSec: 60, intervalsMax: 5 }

  it.each([
    [0, 0],
    [999, 0],
    [1_059, 0],
    [1_060, 1],
    [1_299, 4],
    [1_300, 5],
    [9_999, 5]
  ])('at %i: %i', (nowSec, expected) => {
    expect(elapsedIntervals(service, nowSec)).toBe(expected)
  })
})
