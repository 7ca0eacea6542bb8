import { keccak } from '../primitives/bytes.ts'
import { type Hash, toHex, ZERO_HASH } from '../primitives/hex.ts'
import { type InclusionProof, proveInclusion, rootOfLeaves } from '../receipt-log/proof.ts'

/** What a buyer can ask to see in court at a time, bytes. */
export const DATA_CHUNK_BYTES = 1024

const LEAF = Uint8Array.of(0)

/** What a claimant commits to: the output that it delivered. */
export interface DataCommitment {
  /** Root of the tree over the chunks, shaped like the receipt log (RFC 6962 §2.1); zero for no data. */
  readonly root: Hash
  readonly chunks: number
}

export function commitToData(data: Uint8Array): DataCommitment {
  const leaves = leavesOf(data)
  return leaves.length === 0 ? { root: ZERO_HASH, chunks: 0 } : { root: rootOfLeaves(leaves), chunks: leaves.length }
}

/** The answer to a demand for chunk `index`. */
export interface ChunkAnswer {
  readonly chunk: Uint8Array
  readonly proof: InclusionProof
}

/** @throws CodedError E_NO_SUCH_RECEIPT when the data has no such chunk */
export function answerChunk(data: Uint8Array, index: number): ChunkAnswer {
  return { proof: proveInclusion(leavesOf(data), index), chunk: chunkAt(data, index) }
}

function leavesOf(data: Uint8Array): Hash[] {
  const count = Math.ceil(data.length / DATA_CHUNK_BYTES)
  return Array.from({ length: count }, (_, index) => toHex(keccak(LEAF, chunkAt(data, index))))
}

function chunkAt(data: Uint8Array, index: number): Uint8Array {
  return data.subarray(index * DATA_CHUNK_BYTES, (index + 1) * DATA_CHUNK_BYTES)
}
