import { createExecutionError } from '../../errors.ts'

/** Type, three zero bytes, and the length of what follows. */
const HEADER_BYTES = 8
const STREAMS: Readonly<Record<number, 'stdout' | 'stderr'>> = { 1: 'stdout', 2: 'stderr' }

/**
 * Takes apart what a container without a terminal prints: pieces of either stream, each behind a header.
 *
 * Holds no more than a header: a piece is passed on as it comes, however long it says it is. Throws E_RUNNER_DIED for
 * what is none.
 */
export function createDemultiplexer(onOutput: (stream: 'stdout' | 'stderr', bytes: Buffer) => void) {
  const header = Buffer.alloc(HEADER_BYTES)
  let headerBytes = 0
  let missing = 0

  return (chunk: Buffer): void => {
    let rest = chunk
    while (rest.length > 0) {
      if (missing === 0) {
        const taken = rest.copy(header, headerBytes)
        headerBytes += taken
        rest = rest.subarray(taken)
        if (headerBytes < HEADER_BYTES) return
        headerBytes = 0
        missing = header.readUInt32BE(4)
        if (STREAMS[header[0]!] === undefined) {
          throw createExecutionError('E_RUNNER_DIED', 'the container engine sent output of an unknown stream')
        }
        continue
      }
      const part = rest.subarray(0, missing)
      missing -= part.length
      rest = rest.subarray(part.length)
      onOutput(STREAMS[header[0]!]!, part)
    }
  }
}
