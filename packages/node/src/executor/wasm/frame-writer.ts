import type { Writable } from 'node:stream'
import { createExecutionError } from '../errors.ts'
import { TRANSFER_TIMEOUT_MS } from './limits.ts'
import { FRAME_BYTES_MAX, FRAME_HEADER_BYTES } from './runner/wire.ts'

/** Sends frames, small ones together, at the pace of whoever reads them. */
export interface FrameWriter {
  /** Splits what is longer than a frame may be; an empty payload gives one empty frame. */
  write(type: number, payload?: Uint8Array): void
  writeJson(type: number, message: object): void
  /** Waits until there is room again. Throws E_RUNNER_DIED past TRANSFER_TIMEOUT_MS, and the reason of `signal`. */
  flush(signal: AbortSignal): Promise<void>
}

/** Payloads up to this size are copied together; larger ones go as they are. */
const COPY_BYTES_MAX = 16 * 1024
const none = new Uint8Array(0)

export function createFrameWriter(stream: Writable): FrameWriter {
  let pending: Uint8Array[] = []

  function write(type: number, payload: Uint8Array = none): void {
    for (let offset = 0; offset === 0 || offset < payload.length; offset += FRAME_BYTES_MAX) {
      const part = payload.subarray(offset, offset + FRAME_BYTES_MAX)
      const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES)
      header.writeUInt32LE(part.length, 0)
      header[4] = type
      pending.push(header, part)
    }
  }

  function send(): void {
    let small: Uint8Array[] = []
    stream.cork()
    for (const piece of pending) {
      if (piece.length <= COPY_BYTES_MAX) {
        small.push(piece)
        continue
      }
      stream.write(Buffer.concat(small))
      stream.write(piece)
      small = []
    }
    stream.write(Buffer.concat(small))
    stream.uncork()
    pending = []
  }

  return {
    write,
    writeJson: (type, message) => write(type, Buffer.from(JSON.stringify(message))),
    flush: async signal => {
      if (stream.destroyed) return
      if (pending.length > 0) send()
      if (stream.writableNeedDrain) await waitForRoom(stream, signal)
    }
  }
}

/** Also resolves when the stream closes: whoever waits learns that another way. */
function waitForRoom(stream: Writable, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = () => reject(signal.reason)
  const timer = setTimeout(
    () => reject(createExecutionError('E_RUNNER_DIED', 'the runner process stopped taking input')),
    TRANSFER_TIMEOUT_MS
  )
  stream.once('drain', resolve)
  stream.once('close', resolve)
  signal.addEventListener('abort', onAbort)
  return promise.finally(() => {
    clearTimeout(timer)
    stream.off('drain', resolve)
    stream.off('close', resolve)
    signal.removeEventListener('abort', onAbort)
  })
}
