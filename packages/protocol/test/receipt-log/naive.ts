import { keccak256 } from 'ethers'
import type { Hash } from '../../src/index.ts'

/** RFC 6962 §2.1 word for word, on ethers' keccak: the root of D[n]. */
export function naiveRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return keccak256('0x') as Hash
  if (leaves.length === 1) return leaves[0] as Hash
  const k = split(leaves.length)
  return node(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)))
}

/** RFC 6962 §2.1.1: PATH(m, D[n]). */
export function naivePath(index: number, leaves: readonly Hash[]): Hash[] {
  if (leaves.length === 1) return []
  const k = split(leaves.length)
  return index < k
    ? [...naivePath(index, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(index - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))]
}

function node(left: Hash, right: Hash): Hash {
  return keccak256(`0x01${left.slice(2)}${right.slice(2)}`) as Hash
}

/** The largest power of two smaller than n. */
function split(n: number): number {
  let k = 1
  while (2 * k < n) k *= 2
  return k
}
