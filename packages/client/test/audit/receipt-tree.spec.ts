import { type Hash, proveInclusion } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { createProver } from '../../src/audit/receipt-tree.ts'

describe('createProver', () => {
  it('gives the paths of the reference, for every leaf of logs of 1 to 33', () => {
    for (let size = 1; size <= 33; size++) {
      const leaves = Array.from({ length: size }, (_, i): Hash => `0x${String(i).padStart(64, '0')}`)
      const path = createProver(leaves)
      for (let index = 0; index < size; index++) expect(path(index)).toEqual(proveInclusion(leaves, index).path)
    }
  })

  it('takes an empty log', () => {
    expect(createProver([])(0)).toEqual([])
  })
})
