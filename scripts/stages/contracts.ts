import { join } from 'node:path'
import { type CommandResult, runCommand } from '../command.ts'
import { ROOT } from '../root.ts'
import { addCounts, type Counts, FAILED, PASSED, type Stage } from './stage.ts'

const FOLDER = join(ROOT, 'packages/contracts')
const MINUTE_MS = 60_000
/** For one command. */
const TIMEOUT_MS = 10 * MINUTE_MS
/** The same in `npm run test:long`, which makes millions of calls. */
const LONG_TIMEOUT_MS = 300 * MINUTE_MS

/**
 * With --json forge does not compare snapshots, so the tests run once more, random ones only once each. All of them: forge
 * compiles what a filter selects, which leaves out contracts that tests deploy by name.
 */
const GAS_ONLY = {
  FORGE_SNAPSHOT_CHECK: 'true',
  FOUNDRY_FUZZ_RUNS: '1',
  FOUNDRY_INVARIANT_RUNS: '1',
  FOUNDRY_INVARIANT_DEPTH: '1'
}

/** What we read of `forge test --json`: suites, then tests, by name. */
type Report = Record<string, { test_results: Record<string, TestResult> }>

interface TestResult {
  status: 'Success' | 'Failure' | 'Skipped'
  reason: string | null
  counterexample: unknown
}

/** Formatted, without a word of the linters, ABI as committed, tests passed, gas as in the committed snapshots. */
export const contracts: Stage = {
  name: 'contracts',
  async run(write) {
    const format = await run(['scripts/forge.ts', 'fmt', '--check'], {}, write)
    const lint = await run(['scripts/lint.ts'], {}, write)
    const abi = await run(['scripts/generate-abi.ts', '--check'], {}, write)
    const tests = await run(['scripts/forge.ts', 'test', '--json'], {})
    const counts = countForgeReport(tests.stdout, tests.exitCode, write)
    if (counts.failed > 0) write(tests.stderr)
    const gas = await run(['scripts/forge.ts', 'test'], GAS_ONLY)
    write(gas.exitCode === 0 ? 'gas is what the snapshots say\n' : gas.stdout + gas.stderr)
    return addCounts([counts, ...[format, lint, abi, gas].map(({ exitCode }) => (exitCode === 0 ? PASSED : FAILED))])
  }
}

function run(args: string[], env: NodeJS.ProcessEnv, onOutput?: (text: string) => void): Promise<CommandResult> {
  return runCommand('node', args, {
    cwd: FOLDER,
    timeoutMs: process.env.FOUNDRY_PROFILE === 'long' ? LONG_TIMEOUT_MS : TIMEOUT_MS,
    env: { ...process.env, ...env },
    ...(onOutput && { onOutput })
  })
}

/** Writes a line per suite and per failed test. A report that cannot be read counts as one failure. */
export function countForgeReport(stdout: string, exitCode: number, write: (text: string) => void): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const report = parse(stdout)
  for (const [suite, { test_results: tests }] of Object.entries(report ?? {})) {
    write(`${suite}: ${Object.keys(tests).length} tests\n`)
    for (const [name, { status, reason, counterexample }] of Object.entries(tests)) {
      if (status === 'Success') counts.passed++
      else if (status === 'Skipped') counts.skipped++
      else {
        counts.failed++
        write(`  FAILED ${name}: ${reason ?? 'no reason given'} ${JSON.stringify(counterexample)}\n`)
      }
    }
  }
  if (counts.failed === 0 && (exitCode !== 0 || counts.passed === 0)) {
    counts.failed++
    if (report === undefined) write(stdout)
  }
  return counts
}

/** The report is the line that is JSON: the compiler may print before it. */
function parse(stdout: string): Report | undefined {
  const line = stdout.split('\n').find(text => text.startsWith('{'))
  try {
    return JSON.parse(line ?? '') as Report
  } catch {
    return undefined
  }
}
