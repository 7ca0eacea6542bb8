import { runCommand } from '../command.ts'
import { toolPath } from '../root.ts'
import { FAILED, PASSED, type Stage } from './stage.ts'

/** One pass over all packages: the libraries' types are read once. */
export const types: Stage = {
  name: 'types',
  async run(write) {
    const args = ['-p', 'tsconfig.json', '--noEmit']
    const { exitCode } = await runCommand(toolPath('tsc'), args, { timeoutMs: 5 * 60_000, onOutput: write })
    return exitCode === 0 ? PASSED : FAILED
  }
}
