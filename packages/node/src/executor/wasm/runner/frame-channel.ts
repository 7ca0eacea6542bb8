import { readSync, writeSync } from 'node:fs'
import { FRAME_BYTES_MAX, FRAME_HEADER_BYTES } from './wire.ts'

export interface Frame {
  readonly type: number
  readonly payload: Uint8Array
}

/** Frames over two file descriptors, one thing at a time: this process has nothing to do while it waits. */
export interface FrameChannel {
  /** Undefined at the end of input. A payload is the caller's own. */
  read(): Frame | undefined
  /** Splits what is longer than a frame may be. */
  write(type: number, payload?: Uint8Array): void
}

const READ_BYTES = 64 * 1024
const RETRY_MS = 1
const sleepCell = new Int32Array(new SharedArrayBuffer(4))

export function createFrameChannel(inputFd: number, outputFd: number): FrameChannel {
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  let start = 0
  let end = 0

  /** Fills `target` from what is buffered and then from the input; false at the end of input. */
  function fill(target: Uint8Array): boolean {
    let filled = 0
    while (filled < target.length) {
      if (start < end) {
        const count = Math.min(end - start, target.length - filled)
        target.set(buffer.subarray(start, start + count), filled)
        start += count
        filled += count
      } else if (target.length - filled >= READ_BYTES) {
        const count = retry(() => readSync(inputFd, target, filled, target.length - filled, null))
        if (count === 0) return false
        filled += count
      } else {
        start = 0
        end = retry(() => readSync(inputFd, buffer, 0, READ_BYTES, null))
        if (end === 0) return false
      }
    }
    return true
  }

  function writeAll(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) {
      written += retry(() => writeSync(outputFd, bytes, written, bytes.length - written))
    }
  }

  const header = Buffer.alloc(FRAME_HEADER_BYTES)

  return {
    read: () => {
      if (!fill(header)) return undefined
      const type = header[4]!
      const payload = new Uint8Array(header.readUInt32LE(0))
      if (payload.length > FRAME_BYTES_MAX) throw new RangeError('frame too long')
      return fill(payload) ? { type, payload } : undefined
    },
    write: (type, payload = new Uint8Array(0)) => {
      for (let offset = 0; offset === 0 || offset < payload.length; offset += FRAME_BYTES_MAX) {
        const part = payload.subarray(offset, offset + FRAME_BYTES_MAX)
        const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + part.length)
        frame.writeUInt32LE(part.length, 0)
        frame[4] = type
        frame.set(part, FRAME_HEADER_BYTES)
        writeAll(frame)
      }
    }
  }
}

/** The descriptors block, unless whoever else holds them has set them otherwise: a fallback that must not be the rule. */
function retry(operation: () => number): number {
  for (;;) {
    try {
      return operation()
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'EAGAIN') throw err
      Atomics.wait(sleepCell, 0, 0, RETRY_MS)
    }
  }
}
