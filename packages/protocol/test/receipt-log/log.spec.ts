import { keccak256, solidityPackedKeccak256 } from 'ethers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testHash } from '../../scripts/vector-files/keys.ts'
import {
  appendLeaf,
  commitmentOf,
  EMPTY_LOG,
  type Hash,
  leafHash,
  nodeHash,
  RECEIPT_LOG_SIZE_MAX,
  type ReceiptLog,
  rootOf,
  rootOfLeaves
} from '../../src/index.ts'
import { hashes, weis } from '../helpers/arbitraries.ts'
import { check, expectCode } from '../helpers/check.ts'
import { naiveRoot } from './naive.ts'

const leaves = Array.from({ length: 300 }, (_, i) => testHash(`leaf ${i}`))

it('has the root of RFC 6962 at every size from 0 to 300', () => {
  let log: ReceiptLog = EMPTY_LOG
  for (let size = 0; ; size++) {
    const expected = naiveRoot(leaves.slice(0, size))
    expect(rootOf(log)).toBe(expected)
    expect(rootOfLeaves(leaves.slice(0, size))).toBe(expected)
    expect(log.size).toBe(size)
    expect(log.peaks.length).toBe([...size.toString(2)].filter(bit => bit === '1').length)
    expect(commitmentOf(log)).toBe(solidityPackedKeccak256(['uint8', 'uint64', 'bytes32'], [2, size, expected]))
    if (size === leaves.length) break
    log = appendLeaf(log, leaves[size] as Hash)
  }
})

it('hashes leaves and nodes apart from each other', () => {
  check(
    fc.property(hashes, weis, hashes, (receipt, cumulative, other) => {
      expect(leafHash(receipt, cumulative)).toBe(
        solidityPackedKeccak256(['uint8', 'bytes32', 'uint128'], [0, receipt, cumulative])
      )
      expect(nodeHash(receipt, other)).toBe(keccak256(`0x01${receipt.slice(2)}${other.slice(2)}`))
    })
  )
})

it('leaves the log it grew from as it was', () => {
  const log = [1, 2, 3].reduce(grown => appendLeaf(grown, leaves[0] as Hash), EMPTY_LOG as ReceiptLog)
  const before = structuredClone(log)
  appendLeaf(log, leaves[1] as Hash)
  expect(log).toEqual(before)
  expect(EMPTY_LOG).toEqual({ size: 0, peaks: [] })
})

it('tells logs apart by every leaf, their order and their number', () => {
  check(
    fc.property(fc.uniqueArray(hashes, { minLength: 2, maxLength: 20 }), fc.nat(), (list, seed) => {
      const at = seed % (list.length - 1)
      const swapped = [...list]
      ;[swapped[at], swapped[at + 1]] = [list[at + 1] as Hash, list[at] as Hash]
      const commitments = [list, swapped, list.slice(1), list.slice(0, -1), [...list, list[0] as Hash]].map(of)
      expect(new Set(commitments).size).toBe(5)
    })
  )
})

function of(list: readonly Hash[]): Hash {
  return commitmentOf(list.reduce(appendLeaf, EMPTY_LOG))
}

describe('bounds', () => {
  const full: ReceiptLog = { size: RECEIPT_LOG_SIZE_MAX, peaks: [leaves[0] as Hash] }

  it('grows to its last receipt and no further', () => {
    const peaks = Array.from({ length: 40 }, (_, i) => leaves[i] as Hash)
    const grown = appendLeaf({ size: RECEIPT_LOG_SIZE_MAX - 1, peaks }, leaves[0] as Hash)
    expect(grown.size).toBe(RECEIPT_LOG_SIZE_MAX)
    expect(grown.peaks.length).toBe(1)
    expectCode(() => appendLeaf(full, leaves[0] as Hash), 'E_ASSERT')
  })

  it('refuses an amount that is none', () => {
    expect(() => leafHash(leaves[0] as Hash, -1n)).toThrow(RangeError)
    expect(() => leafHash(leaves[0] as Hash, 2n ** 128n)).toThrow(RangeError)
  })
})
