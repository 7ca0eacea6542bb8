import { assert } from '../errors.ts'
import { RECEIPT_LOG_SIZE_MAX } from '../limits.ts'
import { keccak, uintToBytes } from '../primitives/bytes.ts'
import { fromHex, type Hash, toHex, type Wei } from '../primitives/hex.ts'

/**
 * The receipts of a channel in the order they were paid, as a growing Merkle tree of the shape of RFC 6962 §2.1.
 *
 * Only the roots of its complete subtrees are kept, largest first: appending and committing cost O(log size), so one
 * word in each voucher anchors every receipt ever paid on the channel.
 */
export interface ReceiptLog {
  readonly size: number
  /** Roots of the complete subtrees, one for each set bit of `size`, largest first. */
  readonly peaks: readonly Hash[]
}

export const EMPTY_LOG: ReceiptLog = { size: 0, peaks: [] }

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)
const COMMITMENT = Uint8Array.of(2)

/** A leaf binds a receipt to the voucher amount that paid it, so that each payment can be proved to the last unit. */
export function leafHash(receipt: Hash, cumulative: Wei): Hash {
  return toHex(keccak(LEAF, fromHex(receipt), uintToBytes(cumulative, 16)))
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return toHex(keccak(NODE, fromHex(left), fromHex(right)))
}

export function appendLeaf({ size, peaks }: ReceiptLog, leaf: Hash): ReceiptLog {
  assert(size < RECEIPT_LOG_SIZE_MAX, 'a receipt log is full')
  const next = [...peaks]
  let node = leaf
  // Each trailing one bit of the old size is a complete subtree that the new leaf completes to a larger one.
  for (let bits = size; bits % 2 === 1; bits = (bits - 1) / 2) node = nodeHash(next.pop() as Hash, node)
  next.push(node)
  return { size: size + 1, peaks: next }
}

/** RFC 6962 root: subtrees joined from the smallest up. keccak256 of nothing for the empty log. */
export function rootOf({ peaks }: ReceiptLog): Hash {
  if (peaks.length === 0) return toHex(keccak(new Uint8Array(0)))
  return peaks.reduceRight((right, left) => nodeHash(left, right))
}

/** What a voucher signs: keccak256(0x02 ‖ size as uint64 ‖ root). */
export function commitmentOf(log: ReceiptLog): Hash {
  return commitmentOfRoot(log.size, rootOf(log))
}

export function commitmentOfRoot(size: number, root: Hash): Hash {
  return toHex(keccak(COMMITMENT, uintToBytes(BigInt(size), 8), fromHex(root)))
}
