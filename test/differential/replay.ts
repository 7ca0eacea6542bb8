import { join } from 'node:path'
import { runCommand } from '../../scripts/command.ts'
import { ROOT } from '../../scripts/root.ts'
import { type Trace, writeTrace } from './trace.ts'

const CONTRACTS = join(ROOT, 'packages/contracts')
/** Where forge may read a trace. */
export const TRACE_FOLDER = join(CONTRACTS, 'cache/traces')
const TIMEOUT_MS = 5 * 60_000

/**
 * Makes the calls of a trace on the real contracts.
 *
 * @throws Error that names the first step that came to something else, and what that was
 */
export async function replayTrace(file: string, trace: Trace, name: string): Promise<void> {
  writeTrace(file, trace)
  const { exitCode, stdout, stderr } = await runCommand('node', ['scripts/forge.ts', 'test', '-vv'], {
    cwd: CONTRACTS,
    timeoutMs: TIMEOUT_MS,
    env: { ...process.env, FOUNDRY_PROFILE: 'replay', ARCHIPEL_TRACE: file }
  })
  if (exitCode === 0 && /1 passed/.test(stdout)) return
  const step = Number(/step (\d+) /.exec(stdout)?.[1])
  const about = Number.isNaN(step) ? '' : `\nthe model says: ${trace.steps[step]?.about}`
  throw new Error(
    `the trace of ${name} is not what the contracts do${about}\n${stdout.slice(-4000)}${stderr.slice(-2000)}`
  )
}
