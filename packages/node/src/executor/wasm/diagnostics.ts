import type { Readable } from 'node:stream'
import { DIAGNOSTIC_BYTES_MAX } from './limits.ts'

/** Keeps the first {@link DIAGNOSTIC_BYTES_MAX} of what a process says of itself; reads on, so that it never blocks. */
export function collectDiagnostics(stream: Readable): () => string {
  const kept: Buffer[] = []
  let room = DIAGNOSTIC_BYTES_MAX
  stream.on('error', () => {})
  stream.on('data', (chunk: Buffer) => {
    if (room === 0) return
    const part = Buffer.from(chunk.subarray(0, room))
    room -= part.length
    kept.push(part)
  })
  return () => Buffer.concat(kept).toString()
}
