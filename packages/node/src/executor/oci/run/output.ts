import { createByteCollector } from '../../byte-collector.ts'
import { createExecutionError } from '../../errors.ts'
import type { OutputFile, RunOptions } from '../../executor.ts'
import { isPlainPath } from '../../paths.ts'
import { INODES_MAX, OUTPUT_FILES_MAX } from '../limits.ts'
import { readTar } from '../tar/read.ts'

/** Collects what a program puts out, up to what was agreed. */
export interface OutputMeter {
  /** Throws E_OUTPUT_LIMIT, and whatever the listener throws. */
  print(stream: 'stdout' | 'stderr', bytes: Buffer): void
  /** Passes on what was printed so far, and from now on at once: nobody hears of output before the start. */
  start(): void
  /** Takes the output folder, as an archive whose names begin with the folder's own. Throws E_OUTPUT_LIMIT, E_RUNNER_DIED. */
  takeFolder(archive: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void>
  take(): { stdout: Uint8Array; stderr: Uint8Array; files: OutputFile[]; outputBytes: number }
}

export function createOutputMeter(bytesMax: number, onOutput: RunOptions['onOutput']): OutputMeter {
  const streams = { stdout: createByteCollector(), stderr: createByteCollector() }
  const files = new Map<string, OutputFile>()
  const early: (readonly ['stdout' | 'stderr', Uint8Array])[] = []
  let started = false
  let total = 0

  function count(bytes: number): void {
    if (total + bytes > bytesMax) {
      throw createExecutionError('E_OUTPUT_LIMIT', 'the program put out more than the job allows', {
        facts: { outputBytesMax: bytesMax }
      })
    }
    total += bytes
  }

  /** Files only: links and devices lead out of the folder or are nothing to hand over, and are left out. */
  function openFile(path: string, sizeBytes: number): (part: Buffer) => void {
    if (files.size >= OUTPUT_FILES_MAX || !isPlainPath(path)) {
      throw createExecutionError('E_OUTPUT_LIMIT', 'the program left too many files, or one whose path is too long', {
        facts: { filesMax: OUTPUT_FILES_MAX }
      })
    }
    // A name that is not text reads like another that is not.
    if (files.has(path)) throw createExecutionError('E_OUTPUT_LIMIT', 'two output files have the same name as text')
    // Before there is room for it: a file of holes is as large as it says.
    count(sizeBytes)
    const bytes = new Uint8Array(sizeBytes)
    files.set(path, { path, bytes })
    let filled = 0
    return part => {
      bytes.set(part, filled)
      filled += part.length
    }
  }

  return {
    print(stream, bytes) {
      count(bytes.length)
      streams[stream].add(bytes)
      if (started) onOutput?.(stream, new Uint8Array(bytes))
      else early.push([stream, new Uint8Array(bytes)])
    },
    start() {
      started = true
      for (const [stream, bytes] of early.splice(0)) onOutput?.(stream, bytes)
    },
    async takeFolder(archive, signal) {
      try {
        await readTar(archive, {
          // Folders and what is left out count here, too.
          entriesMax: INODES_MAX,
          onEntry({ path, type, sizeBytes }) {
            signal.throwIfAborted()
            if (type !== 'file') return undefined
            return openFile(path.slice(path.indexOf('/') + 1), sizeBytes)
          }
        })
      } catch (err) {
        if (!(err instanceof RangeError)) throw err
        throw createExecutionError('E_RUNNER_DIED', 'the container engine sent an unreadable archive', { cause: err })
      }
    },
    take: () => ({
      stdout: streams.stdout.take(),
      stderr: streams.stderr.take(),
      files: [...files.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))),
      outputBytes: total
    })
  }
}
