import { type ChildProcess, spawn } from 'node:child_process'
import { ROOT } from './root.ts'

export interface CommandOptions {
  /** Defaults to the checkout's folder. */
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** The command and its children are killed after this long. */
  timeoutMs: number
  /** Gets everything printed on either stream, as it comes. */
  onOutput?: (text: string) => void
}

export interface CommandResult {
  /** 128 + n after signal n; 124 after a time-out, as in coreutils. */
  exitCode: number
  stdout: string
  stderr: string
}

const TIMED_OUT = 124
const running = new Set<ChildProcess>()

/** Runs a program without a shell. Never throws: a program that cannot start is exit code 127. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, so that its children can be ended with it.
      detached: true
    })
    running.add(child)
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
        options.onOutput?.(text)
      })
    }
    let isTimedOut = false
    const timer = setTimeout(() => {
      isTimedOut = true
      options.onOutput?.(`\n${command} was killed: it ran longer than ${options.timeoutMs / 1000} s\n`)
      killGroup(child, 'SIGKILL')
    }, options.timeoutMs)
    const finish = (exitCode: number) => {
      clearTimeout(timer)
      running.delete(child)
      resolve({ exitCode: isTimedOut ? TIMED_OUT : exitCode, ...output })
    }
    child.on('error', err => {
      options.onOutput?.(`${command} could not be started: ${err.message}\n`)
      finish(127)
    })
    child.on('close', (code, signal) => finish(code ?? (signal === 'SIGKILL' ? 137 : 143)))
  })
}

/** Ends every running command when this process is told to end. Call once, from a task's main file. */
export function endCommandsOnSignal(): void {
  for (const [signal, exitCode] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const, ['SIGHUP', 129] as const]) {
    process.once(signal, () => {
      for (const child of running) killGroup(child, 'SIGTERM')
      process.exit(exitCode)
    })
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // Already gone.
  }
}
