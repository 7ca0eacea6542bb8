import { isCodedError } from '@archipel/protocol'
import { createExecutionError } from '../../errors.ts'
import { isRefusal } from '../engine/connection.ts'
import type { ContainerRun } from './run-container.ts'
import { runSpec } from './specs.ts'

/**
 * Finds out whose fault it is that the engine would not create or start a container. Engines and runtimes say so in words of
 * their own, and there is no end to what an image can bring: a file where a folder must be, no program at all, a folder to
 * work in that is none. So an image with nothing in it is started in the same place, under the same limits: where that can
 * be done, the image is to blame, and else the machine.
 *
 * @returns what to throw for `err`
 */
export async function blameRefusal(run: ContainerRun & { hasInput: boolean }, err: unknown): Promise<unknown> {
  if (!isRefusal(err) || !(await startsEmpty(run))) return err
  return createExecutionError('E_BAD_PROGRAM', 'the image cannot be started as it says', {
    facts: { message: err.message },
    cause: err
  })
}

async function startsEmpty(run: ContainerRun & { hasInput: boolean }): Promise<boolean> {
  const { engine, names, holderImage, interruption } = run
  const spec = runSpec({ ...run, image: { id: holderImage, volumes: [] } })
  try {
    // There is no such program: the process that starts programs finds out, and ends.
    const created = await engine.createContainer(names.control, { ...spec, Cmd: ['never'] })
    if (created !== 'created') return false
    await engine.startContainer(names.control, interruption.signal)
    return true
  } catch (err) {
    if (isCodedError(err) && isRefusal(err)) return false
    throw err
  }
}
