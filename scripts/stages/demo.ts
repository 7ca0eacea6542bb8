import { runCommand } from '../command.ts'
import { FAILED, PASSED, type Stage } from './stage.ts'

/** The demo is the end-to-end test: real peers, a real program, a real chain, an audit at the end. */
export const demo: Stage = {
  name: 'demo',
  async run(write) {
    const { exitCode } = await runCommand('node', ['scripts/demo/main.ts'], { timeoutMs: 6 * 60_000, onOutput: write })
    return exitCode === 0 ? PASSED : FAILED
  }
}
