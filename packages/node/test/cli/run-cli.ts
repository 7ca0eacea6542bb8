import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../config/temporary-folder.ts'

const COMMAND = fileURLToPath(new URL('../../bin/archipel.js', import.meta.url))
const TIMEOUT_MS = 20_000

export interface CliResult {
  /** 128 + n after signal n. */
  exitCode: number
  stdout: string
  stderr: string
}

export interface CliOptions {
  /** A folder of its own by default, deleted after the test. */
  home?: string
  cwd?: string
  env?: Record<string, string>
  /** Called with the running child, to send signals or to close pipes. */
  during?: (child: ReturnType<typeof spawnCli>) => void
}

/** Runs the command as a user would: another process, its own home, no terminal. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawnCli(args, options)
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
      })
    }
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ exitCode: code ?? (signal === 'SIGINT' ? 130 : 137), ...output }))
    options.during?.(child)
  })
}

export function spawnCli(args: readonly string[], { home = temporaryFolder(), cwd, env }: CliOptions = {}) {
  const { PATH } = process.env
  return spawn(process.execPath, [COMMAND, ...args], {
    cwd: cwd ?? home,
    // One cache for all runs: a cold start takes seconds of compiling.
    env: {
      PATH,
      HOME: home,
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '', '.cache'),
      ...env
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL'
  })
}

export { temporaryFolder }
