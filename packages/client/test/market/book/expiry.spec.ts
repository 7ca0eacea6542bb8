import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createExpiryQueue } from '../../../src/market/book/expiry.ts'
import { createPastSequences } from '../../../src/market/book/past-sequences.ts'

describe('what expires', () => {
  it('is told once, when its second has come, and not when it was taken out before', () => {
    const item = fc.record({ at: fc.integer({ min: 1, max: 60 }), isTakenOut: fc.boolean() })
    fc.assert(
      fc.property(fc.array(item), fc.array(fc.integer({ min: 0, max: 70 })), (items, looks) => {
        const queue = createExpiryQueue<(typeof items)[number]>()
        for (const one of items) queue.add(one, one.at)
        for (const one of items) if (one.isTakenOut) queue.remove(one, one.at)
        const told = new Set<(typeof items)[number]>()
        let latest = 0
        for (const now of looks.toSorted((a, b) => a - b)) {
          latest = now
          for (const one of queue.takeExpired(now)) {
            expect(told.has(one)).toBe(false)
            expect(one.at).toBeLessThanOrEqual(now)
            told.add(one)
          }
        }
        expect(told).toEqual(new Set(items.filter(({ at, isTakenOut }) => !isTakenOut && at <= latest)))
      })
    )
  })

  it('is told also when the clock jumps', () => {
    const queue = createExpiryQueue<string>()
    queue.add('a', 10)
    queue.add('b', 4_000)
    expect(queue.takeExpired(1_000_000)).toEqual(['a', 'b'])
    queue.add('c', 5)
    expect(queue.takeExpired(4)).toEqual([])
    expect(queue.takeExpired(5)).toEqual(['c'])
  })
})

describe('sequences of the past', () => {
  it('are remembered for so many providers, and who was noted longest ago is forgotten', () => {
    const past = createPastSequences(3)
    for (const [i, name] of (['0xa', '0xb', '0xc'] as const).entries()) past.note(name, i, 100)
    past.note('0xa', 7, 100)
    past.note('0xd', 9, 100)
    expect((['0xa', '0xb', '0xc', '0xd'] as const).map(name => past.of(name, 50))).toEqual([7, -1, 2, 9])
  })

  it('never fall, and are forgotten once nothing of then can still hold', () => {
    const past = createPastSequences(3)
    past.note('0xa', 7, 100)
    past.note('0xa', 3, 200)
    expect(past.of('0xa', 199)).toBe(7)
    expect(past.of('0xa', 200)).toBe(-1)
  })
})
