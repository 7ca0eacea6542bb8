import { createExecutionError } from '../../errors.ts'
import type { RunnerProcess } from '../runner-process.ts'
import type { Confinement } from './candidates.ts'

export interface Probed {
  confinement: Confinement
  /** The process that proved it, ready for jobs. */
  runner: RunnerProcess
}

/** The first way to start a runner that works here. Throws E_RUNNER_DIED, with the last reason, where none does. */
export async function probeConfinement(
  candidates: readonly Confinement[],
  start: (confinement: Confinement) => RunnerProcess
): Promise<Probed> {
  let cause: unknown
  for (const confinement of candidates) {
    const runner = start(confinement)
    try {
      await runner.ready
      return { confinement, runner }
    } catch (err) {
      cause = err
      runner.kill()
      await runner.closed
    }
  }
  throw createExecutionError('E_RUNNER_DIED', 'no process to run programs in can be started on this machine', { cause })
}
