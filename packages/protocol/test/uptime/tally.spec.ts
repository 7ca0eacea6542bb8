import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type IntervalVotes, tallyOf, vouchedFor } from '../../src/index.ts'
import { check } from '../helpers/check.ts'
import { terms, termsId } from './deal.ts'

const votes = (up: number[], down: number[] = []): IntervalVotes => ({ up, down })
const count = (...intervals: IntervalVotes[]) => {
  const { up, down, through } = tallyOf(terms, termsId, 3, intervals)
  return [up, down, through]
}

it('names the terms and the epoch', () => {
  expect(tallyOf(terms, termsId, 3, [])).toEqual({ terms: termsId, epoch: 3, up: 0, down: 0, through: 0 })
})

describe('counts', () => {
  it.each<[string, IntervalVotes, number[]]>([
    ['a quorum that saw it up', votes([0, 2, 4]), [1, 0, 1]],
    ['a quorum that saw it down', votes([1], [0, 2, 4]), [0, 1, 1]],
    ['a split as neither', votes([0, 1], [2, 3]), [0, 0, 1]],
    ['silence as neither', votes([]), [0, 0, 1]],
    ['both as neither', votes([0, 1, 2], [2, 3, 4]), [0, 0, 1]],
    ['a voice once', votes([0, 1, 1, 1]), [0, 0, 1]],
    ['nobody who is no witness', votes([0, 1, 5, -1, 1.5]), [0, 0, 1]]
  ])('%s', (_, interval, expected) => {
    expect(count(interval)).toEqual(expected)
  })
})

/** The reason for counting certificates: see `docs/uptime.md` of the contracts. */
it('counts every interval that some quorum saw, though nobody saw them all', () => {
  const intervals = [0, 1, 2, 3, 4].map(i => votes([0, 1, 2, 3, 4].filter(w => w !== i && w !== (i + 1) % 5)))
  expect(count(...intervals)).toEqual([5, 0, 5])
  const sawThemselves = [0, 1, 2, 3, 4].map(w => intervals.filter(({ up }) => up.includes(w)).length)
  expect(vouchedFor(sawThemselves, 3)).toBe(3)
})

it('never counts more than it looked at, and honest votes for one thing only', () => {
  const vote = fc.array(fc.nat(4), { maxLength: 5 })
  check(
    fc.property(fc.array(fc.tuple(vote, vote), { maxLength: 12 }), intervals => {
      const [up = 0, down = 0, through = 0] = count(...intervals.map(([a, b]) => votes(a, b)))
      expect(up + down).toBeLessThanOrEqual(through)
      const honest = intervals.map(([a, b]) =>
        votes(
          a,
          b.filter(witness => !a.includes(witness))
        )
      )
      const upBySome = honest.filter(interval => new Set(interval.up).size >= 3).length
      expect(count(...honest)[0]).toBe(upBySome)
    })
  )
})
