import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testHash } from '../../scripts/vector-files/keys.ts'
import {
  commitmentOfRoot,
  type Hash,
  type InclusionProof,
  isIncluded,
  nodeHash,
  proveInclusion,
  rootOfLeaves
} from '../../src/index.ts'
import { hashes } from '../helpers/arbitraries.ts'
import { check, expectCode } from '../helpers/check.ts'
import { naivePath } from './naive.ts'

const leaves = Array.from({ length: 300 }, (_, i) => testHash(`leaf ${i}`))
const commitmentOf = (list: readonly Hash[]) => commitmentOfRoot(list.length, rootOfLeaves(list))

it('proves each receipt of logs of every size to 70, and of larger ones', () => {
  for (const size of [...Array.from({ length: 70 }, (_, i) => i + 1), 127, 128, 129, 255, 256, 257, 300]) {
    const list = leaves.slice(0, size)
    const commitment = commitmentOf(list)
    for (let index = 0; index < size; index += size > 70 ? 5 : 1) {
      const proof = proveInclusion(list, index)
      expect(proof).toEqual({ index, size, path: naivePath(index, list) })
      expect(isIncluded(list[index] as Hash, proof, commitment)).toBe(true)
    }
  }
})

describe.each([
  [0, 0],
  [3, 3],
  [3, -1],
  [3, 0.5],
  [3, Number.NaN],
  [3, Number.POSITIVE_INFINITY]
])('a log of %s', (size, index) => {
  it(`has no receipt ${index}`, () => {
    expectCode(() => proveInclusion(leaves.slice(0, size), index), 'E_NO_SUCH_RECEIPT')
  })
})

describe('a proof that was changed', () => {
  const sizes = fc.integer({ min: 1, max: 80 })
  const cases = fc.tuple(sizes, fc.nat()).map(([size, at]) => {
    const list = leaves.slice(0, size)
    const proof = proveInclusion(list, at % size)
    return { list, proof, leaf: list[proof.index] as Hash, commitment: commitmentOf(list) }
  })

  it('proves nothing with another hash in its path, one more, one less or two swapped', () => {
    check(
      fc.property(cases, hashes, fc.nat(), ({ proof, leaf, commitment }, other, seed) => {
        const { path } = proof
        const at = path.length === 0 ? 0 : seed % path.length
        const paths = [
          [...path, other],
          [other, ...path],
          [...path.slice(0, at), other, ...path.slice(at)],
          ...(path.length === 0
            ? []
            : [path.slice(1), path.slice(0, -1), [...path.slice(0, at), other, ...path.slice(at + 1)]]),
          ...(path.length < 2 ? [] : [[...path].reverse()])
        ]
        for (const changed of paths) expect(isIncluded(leaf, { ...proof, path: changed }, commitment)).toBe(false)
      })
    )
  })

  it('proves nothing at another place, in a log of another size, for another leaf or commitment', () => {
    check(
      fc.property(cases, hashes, fc.nat(200), ({ proof, leaf, commitment }, other, n) => {
        if (n !== proof.index) expect(isIncluded(leaf, { ...proof, index: n }, commitment)).toBe(false)
        if (n !== proof.size) expect(isIncluded(leaf, { ...proof, size: n }, commitment)).toBe(false)
        expect(isIncluded(other, proof, commitment)).toBe(false)
        expect(isIncluded(leaf, proof, other)).toBe(false)
      })
    )
  })

  it('does not pass an inner node off as a leaf', () => {
    check(
      fc.property(fc.integer({ min: 2, max: 40 }), size => {
        const list = leaves.slice(0, size)
        const commitment = commitmentOf(list)
        const { path } = proveInclusion(list, 0)
        const inner = nodeHash(list[0] as Hash, list[1] as Hash)
        for (let claimed = 1; claimed <= size; claimed++) {
          expect(isIncluded(inner, { index: 0, size: claimed, path: path.slice(1) }, commitment)).toBe(false)
        }
      }),
      40
    )
  })
})

describe('a hostile proof', () => {
  const numbers = fc.oneof(
    fc.integer({ min: -5, max: 50 }),
    fc.maxSafeInteger(),
    fc.double(),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 53, 2 ** 64, Number.MAX_SAFE_INTEGER)
  )
  const anyHash = fc.oneof(hashes, fc.string(), fc.constantFrom('0x', '0x00'), fc.anything()) as fc.Arbitrary<Hash>

  it('never throws and never passes', () => {
    check(
      fc.property(
        anyHash,
        numbers,
        numbers,
        fc.array(anyHash, { maxLength: 70 }),
        anyHash,
        (leaf, index, size, path, c) => {
          expect(isIncluded(leaf, { index, size, path }, c)).toBe(false)
        }
      ),
      500
    )
  })

  it.each([
    ['no path', { index: 0, size: 1 }],
    ['a path of text', { index: 0, size: 2, path: leaves[0] }],
    ['numbers as text', { index: '0', size: '1', path: [] }],
    ['big numbers', { index: 0n, size: 1n, path: [] }]
  ])('%s', (_, proof) => {
    const leaf = leaves[0] as Hash
    expect(isIncluded(leaf, proof as unknown as InclusionProof, commitmentOf([leaf]))).toBe(false)
  })

  it('is over at once, however long its path and large its log', () => {
    const path = Array.from({ length: 1_000_000 }, () => leaves[0] as Hash)
    const startedMs = performance.now()
    const size = Number.MAX_SAFE_INTEGER
    expect(isIncluded(leaves[1] as Hash, { index: size - 1, size, path }, leaves[2] as Hash)).toBe(false)
    expect(isIncluded(leaves[1] as Hash, { index: 0, size, path: path.slice(0, 53) }, leaves[2] as Hash)).toBe(false)
    expect(performance.now() - startedMs).toBeLessThan(500)
  })
})
