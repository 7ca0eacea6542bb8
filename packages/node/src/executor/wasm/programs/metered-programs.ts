import { abortable } from '../../abortable.ts'
import { createExecutionError } from '../../errors.ts'
import type { ExecutionProgram } from '../../executor.ts'
import { requireProgramSize } from '../job-parts.ts'
import { METERING_WAITING_MAX, PROGRAM_BYTES_MAX } from '../limits.ts'
import type { RunnerProcess } from '../runner-process.ts'
import type { KeptPrograms } from './kept-programs.ts'

/** Programs with metering in them, each made once: what is kept on disk serves every tenant. */
export interface MeteredPrograms {
  /** Throws E_BAD_PROGRAM, E_BUSY, what loading throws, and E_CANCELLED on `signal`. */
  take(program: ExecutionProgram, signal: AbortSignal): Promise<Uint8Array>
  /** Ends what is under way. */
  stop(): Promise<void>
}

export interface MeteredProgramsInit {
  /**
   * A process that no program ever ran in: what it makes of a program is run for every tenant, so none may have had a chance
   * to change it.
   */
  startRunner(): RunnerProcess
  kept: KeptPrograms
}

export function createMeteredPrograms({ startRunner, kept }: MeteredProgramsInit): MeteredPrograms {
  const stopping = new AbortController()
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  let runner: RunnerProcess | undefined

  async function meter(program: ExecutionProgram, signal: AbortSignal): Promise<Uint8Array> {
    // Somebody else may have had it made while we waited.
    const known = await kept.get(program.cid)
    if (known !== undefined) return known
    const bytes = await program.load({ signal })
    requireProgramSize(bytes, PROGRAM_BYTES_MAX)
    runner = startRunner()
    try {
      const metered = await runner.meter(bytes, signal)
      await kept.put(program.cid, metered)
      return metered
    } finally {
      runner.kill()
      await runner.closed
      runner = undefined
    }
  }

  /** One after another: each takes a processor and several times the program's size of memory. */
  async function inTurn(program: ExecutionProgram, signal: AbortSignal): Promise<Uint8Array> {
    if (waiting >= METERING_WAITING_MAX) {
      throw createExecutionError('E_BUSY', 'too many programs wait to be metered', {
        facts: { waiting, waitingMax: METERING_WAITING_MAX },
        hint: 'try again later, or elsewhere'
      })
    }
    waiting++
    const before = last
    const mine = before
      .then(() => {
        signal.throwIfAborted()
        return meter(program, signal)
      })
      .finally(() => waiting--)
    last = mine.catch(() => {})
    return abortable(mine, signal)
  }

  return {
    take: async (program, signal) => {
      const known = await kept.get(program.cid)
      return known ?? inTurn(program, AbortSignal.any([signal, stopping.signal]))
    },
    stop: async () => {
      stopping.abort(createExecutionError('E_CANCELLED', 'the executor stopped', { facts: { fault: 'host' } }))
      await last
    }
  }
}
