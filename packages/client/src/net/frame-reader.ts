import { CodedError } from '@archipel/protocol'

/**
 * A length prefix has at most this many bytes. Without the bound a peer sends 0xff for ever: 200 kB of it blocked the
 * event loop for two seconds in a decoder that only checked the value. Four bytes reach 256 MiB.
 */
export const LENGTH_PREFIX_BYTES_MAX = 4

/** Past this many buffered pieces they are joined: one object per received byte would cost a hundred times its size. */
const PIECES_MAX = 256

/** Turns pieces of a byte stream into frames, holding only what was pushed and not yet taken. */
export interface FrameReader {
  /** Bytes pushed and not yet returned, prefixes included. */
  readonly bufferedBytes: number
  /** True between frames: the stream may end here. */
  readonly atBoundary: boolean
  push(piece: Uint8Array): void
  /**
   * The next whole frame, or undefined until more bytes come. May be a view of a pushed piece: copy to keep.
   * Throws E_FRAME_INVALID or E_FRAME_TOO_LARGE, both before any allocation of the announced size.
   */
  next(): Uint8Array | undefined
  /** Drops what is buffered. */
  clear(): void
}

/** `frameBytesMax`: the largest frame accepted, in bytes, prefix not counted. */
export function createFrameReader(frameBytesMax: number): FrameReader {
  let pieces: Uint8Array[] = []
  let head = 0
  let offset = 0
  let bufferedBytes = 0
  let frameBytes: number | undefined

  /** Takes `length` buffered bytes; the caller has checked that they are there. */
  function take(length: number): Uint8Array {
    const first = pieces[head]!
    bufferedBytes -= length
    if (first.byteLength - offset >= length) {
      const frame = first.subarray(offset, offset + length)
      offset += length
      dropSpent(first)
      return frame
    }
    const frame = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const piece = pieces[head]!
      const part = piece.subarray(offset, offset + length - filled)
      frame.set(part, filled)
      filled += part.byteLength
      offset += part.byteLength
      dropSpent(piece)
    }
    return frame
  }

  function dropSpent(piece: Uint8Array): void {
    if (offset < piece.byteLength) return
    offset = 0
    head++
    if (head === pieces.length) {
      pieces = []
      head = 0
    }
  }

  function readPrefix(): number | undefined {
    let length = 0
    let at = head
    let from = offset
    for (let i = 0; i < LENGTH_PREFIX_BYTES_MAX; i++) {
      const piece = pieces[at]
      if (piece === undefined) return undefined
      const byte = piece[from]!
      length += (byte & 0x7f) * 2 ** (7 * i)
      if (byte < 0x80) {
        if (byte === 0 && i > 0) throw invalid('the length prefix is not minimal')
        take(i + 1)
        return length
      }
      from++
      if (from === piece.byteLength) {
        at++
        from = 0
      }
    }
    throw invalid('the length prefix is too long')
  }

  function joinPieces(): void {
    const joined = new Uint8Array(bufferedBytes)
    let filled = 0
    for (let i = head; i < pieces.length; i++) {
      const piece = i === head ? pieces[i]!.subarray(offset) : pieces[i]!
      joined.set(piece, filled)
      filled += piece.byteLength
    }
    pieces = [joined]
    head = 0
    offset = 0
  }

  return {
    get bufferedBytes() {
      return bufferedBytes
    },
    get atBoundary() {
      return bufferedBytes === 0 && frameBytes === undefined
    },
    push(piece) {
      if (piece.byteLength === 0) return
      pieces.push(plain(piece))
      bufferedBytes += piece.byteLength
      if (pieces.length - head > PIECES_MAX) joinPieces()
    },
    next() {
      if (frameBytes === undefined) {
        frameBytes = readPrefix()
        if (frameBytes === undefined) return undefined
        if (frameBytes === 0) throw invalid('an empty frame says nothing')
        if (frameBytes > frameBytesMax) {
          throw new CodedError('E_FRAME_TOO_LARGE', 'a frame is larger than this protocol allows', {
            facts: { frameBytes, frameBytesMax }
          })
        }
      }
      if (bufferedBytes < frameBytes) return undefined
      const frame = take(frameBytes)
      frameBytes = undefined
      return frame
    },
    clear() {
      pieces = []
      head = 0
      offset = 0
      bufferedBytes = 0
      frameBytes = undefined
    }
  }
}

/** Node's sockets hand out Buffers, whose slice() is a view where a Uint8Array's is a copy: nobody should have to know. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The prefix of a frame of `length` bytes: an unsigned varint, minimal. */
export function encodeLengthPrefix(length: number): Uint8Array {
  const bytes: number[] = []
  let rest = length
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

function invalid(message: string): CodedError {
  return new CodedError('E_FRAME_INVALID', message)
}
