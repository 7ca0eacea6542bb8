import { runCommand } from '../command.ts'
import { FAILED, PASSED, type Stage } from './stage.ts'

/** One pass over all packages: the libraries' types are read once. */
export const types: Stage = {
  name: 'types',
  async run(write) {
    const args = ['exec', 'tsc', '-p', 'tsconfig.json', '--noEmit']
    const { exitCode } = await runCommand('pnpm', args, { timeoutMs: 5 * 60_000, onOutput: write })
    return exitCode === 0 ? PASSED : FAILED
  }
}
