import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../root.ts'
import { DemoError } from './expect.ts'

const COMMAND = join(ROOT, 'packages/node/bin/archipel.js')
/** After a signal, a command gets this long to say how its money stands. */
const GRACE_MS = 5_000

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  /** Each line on stderr as it comes. */
  onLine?: (line: string) => void
  env?: NodeJS.ProcessEnv
}

/** The `archipel` command as a user has it: a process of its own. */
export interface Archipel {
  run(args: readonly string[], options?: CommandOptions): Promise<CommandResult>
  /** Answer of a command that must succeed, from `--json`. */
  json<T>(args: readonly string[], options?: CommandOptions): Promise<T>
}

/** @param signal ends running commands */
export function createArchipel(dataDir: string, signal: AbortSignal): Archipel {
  async function run(args: readonly string[], { onLine, env }: CommandOptions = {}): Promise<CommandResult> {
    signal.throwIfAborted()
    const child = spawn(process.execPath, [COMMAND, ...args], {
      env: env ?? { ...withoutOurs(process.env), ARCHIPEL_DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C reaches it through us only.
      detached: true
    })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text
    })
    let partial = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text
      const lines = (partial + text).split('\n')
      partial = lines.pop()!
      for (const line of lines) onLine?.(line)
    })
    const stop = () => {
      child.kill('SIGINT')
      setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref()
    }
    signal.addEventListener('abort', stop, { once: true })
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    child.on('error', reject)
    child.on('close', code => resolve(code ?? 137))
    const exitCode = await promise.finally(() => signal.removeEventListener('abort', stop))
    signal.throwIfAborted()
    return { exitCode, ...output }
  }

  return {
    run,
    async json<T>(args: readonly string[], options?: CommandOptions) {
      const { exitCode, stdout, stderr } = await run([...args.slice(0, 1), '--json', ...args.slice(1)], options)
      if (exitCode === 0) return JSON.parse(stdout) as T
      throw new DemoError(`archipel ${args.slice(0, 2).join(' ')} ended with exit code ${exitCode}`, stderr)
    }
  }
}

/** The caller's own networks and settings are none of the demo's business. */
export function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(?:ARCHIPEL_|XDG_CONFIG|XDG_DATA)/.test(name)))
}
