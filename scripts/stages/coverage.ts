import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { ROOT } from '../root.ts'
import { FAILED, PASSED, type Stage } from './stage.ts'

/** The tests reach as much of the contracts as we promise; too slow for every day, because all is compiled once more. */
export const coverage: Stage = {
  name: 'coverage',
  async run(write) {
    const { exitCode } = await runCommand('node', ['scripts/coverage.ts'], {
      cwd: join(ROOT, 'packages/contracts'),
      timeoutMs: 30 * 60_000,
      onOutput: write
    })
    return exitCode === 0 ? PASSED : FAILED
  }
}
