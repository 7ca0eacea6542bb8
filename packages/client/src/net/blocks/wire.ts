import { CodedError } from '@archipel/protocol'
import type { CID } from 'multiformats/cid'
import { BLOCK_BYTES_MAX, CID_BYTES, decodeContentCid } from '../../content/cid.ts'

/*
 * A stream of the blocks protocol carries frames. The requester sends wants: one to WANTS_PER_FRAME_MAX CIDs of 36
 * bytes, one after the other. The server answers each want in order with one frame: a status byte, then the block.
 * Answers carry no CID: the order says which it is, and its hash whether it is right.
 */

/** CIDs in one frame of wants. */
export const WANTS_PER_FRAME_MAX = 256

/** Largest frame either way, bytes: a status byte and a block. */
export const BLOCK_FRAME_BYTES_MAX = BLOCK_BYTES_MAX + 1

const STATUS_BLOCK = 0
const STATUS_MISSING = 1

export const MISSING_FRAME: Uint8Array = Uint8Array.of(STATUS_MISSING)
const BLOCK_STATUS: Uint8Array = Uint8Array.of(STATUS_BLOCK)

/** A frame that hands over a block, in parts so that the block is not copied. */
export const blockFrame = (block: Uint8Array): readonly Uint8Array[] => [BLOCK_STATUS, block]

/** A frame that asks for one to {@link WANTS_PER_FRAME_MAX} blocks. */
export function encodeWants(cids: readonly CID[]): Uint8Array {
  const frame = new Uint8Array(cids.length * CID_BYTES)
  for (const [i, cid] of cids.entries()) frame.set(cid.bytes, i * CID_BYTES)
  return frame
}

/** Throws E_WANTS_INVALID or E_CID_INVALID. */
export function decodeWants(frame: Uint8Array): CID[] {
  const count = frame.byteLength / CID_BYTES
  if (!Number.isInteger(count) || count < 1 || count > WANTS_PER_FRAME_MAX) {
    throw new CodedError('E_WANTS_INVALID', 'this is not a list of wanted blocks', {
      facts: { frameBytes: frame.byteLength }
    })
  }
  const cids: CID[] = []
  for (let i = 0; i < count; i++) cids.push(decodeContentCid(frame.subarray(i * CID_BYTES, (i + 1) * CID_BYTES)))
  return cids
}

/** The block in an answer; undefined when the peer doesn't have it. Throws E_ANSWER_INVALID. */
export function decodeAnswer(frame: Uint8Array): Uint8Array | undefined {
  if (frame[0] === STATUS_BLOCK) return frame.subarray(1)
  if (frame[0] === STATUS_MISSING && frame.byteLength === 1) return undefined
  throw new CodedError('E_ANSWER_INVALID', 'this is not an answer to a wanted block', {
    facts: { status: frame[0], frameBytes: frame.byteLength }
  })
}
