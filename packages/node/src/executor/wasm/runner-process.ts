import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readdirSync } from 'node:fs'
import type { CodedError } from '@archipel/protocol'
import { abortable } from '../abortable.ts'
import { createExecutionError } from '../errors.ts'
import type { ExecutionJob, ExecutionLimits, ExecutionResult, RunOptions } from '../executor.ts'
import { readCpuMs } from './cpu-time.ts'
import { collectDiagnostics } from './diagnostics.ts'
import { createFrameReader } from './frame-reader.ts'
import { createFrameWriter } from './frame-writer.ts'
import { exchangeJob } from './job-exchange.ts'
import { FILE_COPIES_MAX, PROCESS_BYTES_MAX, START_TIMEOUT_MS } from './limits.ts'
import { exchangeProgram } from './program-exchange.ts'
import { FRAME } from './runner/wire.ts'
import type { OutOfMemory, RunnerGroup } from './sandbox/cgroup/group.ts'

/** A process that runs programs, one after another. */
export interface RunnerProcess {
  /** Undefined where it could not even be started. */
  readonly pid: number | undefined
  /** Resolves when it takes jobs; rejects with E_RUNNER_DIED. */
  readonly ready: Promise<void>
  /** Resolves when it is gone and has let go of its pipes; never rejects. */
  readonly closed: Promise<void>
  isAlive(): boolean
  /** One at a time. See {@link exchangeJob}. */
  run(job: ExecutionJob, options: RunOptions): Promise<ExecutionResult>
  /** In place of a job. See {@link exchangeProgram}. */
  meter(program: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
  /** Ends it at once. */
  kill(): void
}

export interface RunnerProcessInit {
  /** File and arguments. */
  command: readonly string[]
  /** Working directory: empty, and the process's own. */
  directory: string
  /** File that the command finds open at its descriptor 3. */
  filter?: string | undefined
  /** What the command joins; removed when it is gone. */
  group?: RunnerGroup | undefined
}

export function startRunnerProcess({ command, directory, filter, group }: RunnerProcessInit): RunnerProcess {
  const child = spawnCommand(command, directory, filter)
  const diagnostics = collectDiagnostics(child.stderr)
  const death = new AbortController()
  const ready = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  ready.promise.catch(() => {})
  let onFrame: ((type: number, payload: Buffer) => void) | undefined

  /**
   * With its whole group: bubblewrap starts in two processes, and the inner one waits for ever when the outer is killed
   * before it has set things up.
   */
  let killed = false
  const kill = () => {
    killed = true
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      child.kill('SIGKILL')
    }
  }
  const patience = setTimeout(kill, START_TIMEOUT_MS)

  function die(error: CodedError): void {
    clearTimeout(patience)
    ready.reject(error)
    death.abort(error)
    closed.resolve()
    void group?.remove()
  }

  const read = createFrameReader((type, payload) => {
    if (onFrame !== undefined) return onFrame(type, payload)
    if (type === FRAME.ready) {
      clearTimeout(patience)
      ready.resolve()
    } else kill()
  })
  child.stdout.on('data', (chunk: Buffer) => {
    if (!read(chunk)) kill()
  })
  for (const stream of [child.stdin, child.stdout]) stream.on('error', () => {})
  child.on('error', cause => {
    if (child.pid === undefined) die(deathError(child, { diagnostics: diagnostics(), cause }))
  })
  child.on('close', () => die(deathError(child, { diagnostics: diagnostics(), outOfMemory: group?.outOfMemory() })))

  const link = {
    writer: createFrameWriter(child.stdin),
    receive: (handler: typeof onFrame) => {
      onFrame = handler
    },
    died: death.signal,
    cpuMs: () => (child.pid === undefined ? undefined : readCpuMs(child.pid)),
    kill
  }

  return {
    pid: child.pid,
    ready: ready.promise,
    closed: closed.promise,
    isAlive: () => !death.signal.aborted && child.exitCode === null && child.signalCode === null && !killed,
    run: async (job, options) => {
      await abortable(ready.promise, options.signal)
      group?.limitMemory(processBytesFor(job.limits))
      return exchangeJob(link, job, options)
    },
    meter: async (program, signal) => {
      await abortable(ready.promise, signal)
      return exchangeProgram(link, program, signal)
    },
    kill
  }
}

function spawnCommand(
  [file, ...args]: readonly string[],
  cwd: string,
  filter: string | undefined
): ChildProcessWithoutNullStreams {
  const filterFd = filter === undefined ? undefined : openSync(filter, 'r')
  try {
    // Detached: Ctrl-C in a terminal reaches the executor's process, which ends jobs in good order, and not this one.
    return spawn(file!, [...args, openFiles().join()], {
      cwd,
      env: {},
      stdio: ['pipe', 'pipe', 'pipe', ...(filterFd === undefined ? [] : [filterFd])],
      detached: true
    }) as ChildProcessWithoutNullStreams
  } finally {
    if (filterFd !== undefined) closeSync(filterFd)
  }
}

/**
 * The files that this process has open, as `descriptor:device:inode`, for the runner to close those it was left with: its
 * own may have the same numbers.
 */
function openFiles(): string[] {
  try {
    const names = readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd')
    return names.filter(name => Number(name) > 2).flatMap(describeFile)
  } catch {
    return []
  }
}

function describeFile(fd: string): string[] {
  try {
    const stats = fstatSync(Number(fd))
    return stats.isFile() ? [[fd, stats.dev, stats.ino].join(':')] : []
  } catch {
    // Closed since it was listed, such as the directory of the list itself.
    return []
  }
}

/** What a runner and its job may have together: more than a program can use, see the constants. */
function processBytesFor({ memoryBytes, diskBytes }: ExecutionLimits): number {
  return Math.min(memoryBytes + FILE_COPIES_MAX * diskBytes + PROCESS_BYTES_MAX, Number.MAX_SAFE_INTEGER)
}

interface Death {
  diagnostics: string
  outOfMemory?: OutOfMemory | undefined
  cause?: unknown
}

function deathError(child: ChildProcessWithoutNullStreams, { diagnostics, outOfMemory, cause }: Death): CodedError {
  const facts = { exitCode: child.exitCode, signal: child.signalCode, diagnostics }
  if (outOfMemory === 'machine') {
    return createExecutionError('E_HOST_MEMORY', 'this machine ran out of memory and ended the process', { facts })
  }
  if (outOfMemory === 'group' || /heap out of memory|out of memory: |Zone Allocation/i.test(diagnostics)) {
    return createExecutionError('E_MEMORY', 'the program filled the memory of the process that ran it', {
      facts: { ...facts, bound: outOfMemory === 'group' ? 'cgroup' : 'engine' }
    })
  }
  return createExecutionError('E_RUNNER_DIED', 'the runner process ended unexpectedly', {
    facts,
    hint: 'the job may be tried again',
    ...(cause === undefined ? {} : { cause })
  })
}
