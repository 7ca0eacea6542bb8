import { CodedError } from '../errors.ts'
import { keccak } from '../primitives/bytes.ts'
import { type Hash, isHex, sameHex, toHex } from '../primitives/hex.ts'
import { commitmentOfRoot, nodeHash } from './log.ts'

/** Shows that leaf `index` is in a log of `size` leaves: RFC 6962 §2.1.1 audit path, from the leaf up. */
export interface InclusionProof {
  readonly index: number
  readonly size: number
  readonly path: readonly Hash[]
}

/** @throws CodedError E_NO_SUCH_RECEIPT when `index` is outside the log */
export function proveInclusion(leaves: readonly Hash[], index: number): InclusionProof {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw new CodedError('E_NO_SUCH_RECEIPT', `the log has no receipt ${index}`, {
      facts: { index, size: leaves.length }
    })
  }
  return { index, size: leaves.length, path: pathTo(leaves, index) }
}

const PATH_HASHES_MAX = 53

/** True when `leaf` is in the log that `commitment` commits to. Never throws, whatever the proof holds. */
export function isIncluded(leaf: Hash, { index, size, path }: InclusionProof, commitment: Hash): boolean {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) return false
  // No tree of a safe-integer size is deeper than 53; a longer path is not worth walking.
  if (!Array.isArray(path) || path.length > PATH_HASHES_MAX) return false
  if (![leaf, commitment, ...path].every(hash => isHex(hash, 32))) return false
  // RFC 9162 §2.1.3.2: walk up, telling left from right by the position among the leaves that are left.
  let position = index
  let last = size - 1
  let root = leaf
  for (const sibling of path) {
    if (last === 0) return false
    if (position % 2 === 1 || position === last) {
      root = nodeHash(sibling, root)
      while (position % 2 === 0 && position !== 0) {
        position = position / 2
        last = Math.floor(last / 2)
      }
    } else {
      root = nodeHash(root, sibling)
    }
    position = Math.floor(position / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && sameHex(commitmentOfRoot(size, root), commitment)
}

export function rootOfLeaves(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return toHex(keccak(new Uint8Array(0)))
  if (leaves.length === 1) return leaves[0] as Hash
  const split = largestPowerOfTwoBelow(leaves.length)
  return nodeHash(rootOfLeaves(leaves.slice(0, split)), rootOfLeaves(leaves.slice(split)))
}

function pathTo(leaves: readonly Hash[], index: number): Hash[] {
  if (leaves.length === 1) return []
  const split = largestPowerOfTwoBelow(leaves.length)
  return index < split
    ? [...pathTo(leaves.slice(0, split), index), rootOfLeaves(leaves.slice(split))]
    : [...pathTo(leaves.slice(split), index - split), rootOfLeaves(leaves.slice(0, split))]
}

function largestPowerOfTwoBelow(size: number): number {
  // Exact for every length a list can have; a logarithm rounds.
  return 2 ** (31 - Math.clz32(size - 1))
}
