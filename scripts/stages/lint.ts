import { runCommand } from '../command.ts'
import { toolPath } from '../root.ts'
import { FAILED, PASSED, type Stage } from './stage.ts'

export const lint: Stage = {
  name: 'lint',
  async run(write) {
    const args = ['ci', '--error-on-warnings', '--colors=off', '.']
    const { exitCode } = await runCommand(toolPath('biome'), args, { timeoutMs: 2 * 60_000, onOutput: write })
    return exitCode === 0 ? PASSED : FAILED
  }
}
