import type { StreamSink } from '../wasi/context.ts'
import { ProgramFault } from '../wasi/stop.ts'

type Stream = 'stdout' | 'stderr'

/** Collects what a program writes to its streams and passes it on in larger pieces. */
export interface OutputMeter {
  readonly write: StreamSink
  /** Counts bytes that leave by another way. Throws ProgramFault E_OUTPUT_LIMIT. */
  count(bytes: number): void
  /** Adds a line that does not count: it comes from the host. */
  note(stream: Stream, text: string): void
  flush(): void
}

/** Small writes wait for one another up to this size … */
const FLUSH_BYTES = 32 * 1024
/** … or this time: a reader sees a program's progress, and a chatty program does not pay for each byte. */
const FLUSH_MS = 20

/** `send` must not keep the bytes. */
export function createOutputMeter(bytesMax: number, send: (stream: Stream, bytes: Uint8Array) => void): OutputMeter {
  const buffer = new Uint8Array(FLUSH_BYTES)
  let held: Stream = 'stdout'
  let used = 0
  let total = 0
  let flushedAtMs = 0

  function flush(): void {
    if (used > 0) send(held, buffer.subarray(0, used))
    used = 0
    flushedAtMs = performance.now()
  }

  function count(bytes: number): void {
    total += bytes
    if (total > bytesMax) {
      throw new ProgramFault('E_OUTPUT_LIMIT', 'the program put out more than the job allows', {
        outputBytesMax: bytesMax
      })
    }
  }

  function put(stream: Stream, bytes: Uint8Array): void {
    if (stream !== held || used + bytes.length > FLUSH_BYTES) flush()
    held = stream
    if (bytes.length > FLUSH_BYTES) {
      send(stream, bytes)
      return
    }
    buffer.set(bytes, used)
    used += bytes.length
    if (performance.now() - flushedAtMs > FLUSH_MS) flush()
  }

  return {
    write: (stream, bytes) => {
      count(bytes.length)
      put(stream, bytes)
    },
    count,
    note: (stream, text) => put(stream, new TextEncoder().encode(text)),
    flush
  }
}
