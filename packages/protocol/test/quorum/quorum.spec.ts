import { describe, expect, it } from 'vitest'
import { testHash } from '../../scripts/vector-files/keys.ts'
import { decideQuorum, type Hash, REPLICAS_MAX, validateQuorum } from '../../src/index.ts'
import { codeOf, expectCode } from '../helpers/check.ts'

const ALPHABET = ['a', 'b', 'c'].map(testHash)

/** Every list of up to `length` digests out of three. */
function* sequences(length: number): Generator<Hash[]> {
  yield []
  if (length === 0) return
  for (const head of ALPHABET) for (const tail of sequences(length - 1)) yield [head, ...tail]
}

const countOf = (digests: readonly Hash[], digest: Hash) => digests.filter(other => other === digest).length

describe.each([1, 2, 3, 4, 5])('up to 5 answers, quorum %s', quorum => {
  const cases = [0, 1, 2, 3, 4, 5].flatMap(outstanding =>
    [...sequences(5 - outstanding)].map(digests => ({
      digests,
      outstanding,
      decision: decideQuorum(digests, outstanding, { quorum })
    }))
  )

  it('agrees exactly when a digest has the votes, and on one that has them', () => {
    for (const { digests, decision } of cases) {
      const reached = ALPHABET.filter(digest => countOf(digests, digest) >= quorum)
      expect(decision.code === 'agreed').toBe(reached.length > 0)
      if (decision.code === 'agreed') expect(reached).toContain(decision.digest)
    }
  })

  it('never changes its mind when more answers come', () => {
    for (const { digests, decision } of cases) {
      if (decision.code !== 'agreed') continue
      for (const more of sequences(3)) {
        expect(decideQuorum([...digests, ...more], 0, { quorum })).toEqual(decision)
      }
    }
  })

  it('gives up exactly when no digest can get the votes any more, and then says how they fell', () => {
    for (const { digests, outstanding, decision } of cases) {
      if (decision.code === 'agreed') continue
      const can = [...ALPHABET, testHash('new')].some(digest => countOf(digests, digest) + outstanding >= quorum)
      expect(decision.code).toBe(can ? 'open' : 'impossible')
      if (decision.code !== 'impossible') continue
      expect([...decision.votes.values()].reduce((sum, votes) => sum + votes, 0)).toBe(digests.length)
      for (const [digest, votes] of decision.votes) expect(votes).toBe(countOf(digests, digest))
    }
  })

  it('gives up for good: once impossible, no answers of those outstanding change it', () => {
    for (const { digests, outstanding, decision } of cases) {
      if (decision.code !== 'impossible') continue
      for (const more of sequences(outstanding)) {
        const later = decideQuorum([...digests, ...more], outstanding - more.length, { quorum })
        expect(later.code).toBe('impossible')
      }
    }
  })
})

it('lets the first digest to get there win, when more answer than were asked', () => {
  const [a, b] = ALPHABET as [Hash, Hash]
  expect(decideQuorum([a, b, b, a, a, a], 0, { quorum: 2 })).toEqual({ code: 'agreed', digest: b })
})

describe('validateQuorum', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [3, 3],
    [4, 3],
    [5, 3],
    [REPLICAS_MAX, REPLICAS_MAX / 2 + 1],
    [REPLICAS_MAX, REPLICAS_MAX]
  ])('of %s replicas takes %s', (replicas, quorum) => {
    expect(codeOf(() => validateQuorum({ replicas, quorum }))).toBeUndefined()
  })

  it.each([
    [0, 0],
    [-1, -1],
    [1, 0],
    [1, 2],
    [2, 1],
    [3, 1],
    [3, 4],
    [4, 2],
    [3, 1.5],
    [2.5, 2],
    [REPLICAS_MAX + 1, REPLICAS_MAX + 1],
    [Number.NaN, 1],
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  ])('of %s replicas refuses %s', (replicas, quorum) => {
    expectCode(() => validateQuorum({ replicas, quorum }), 'E_QUORUM_ABSURD')
  })
})
