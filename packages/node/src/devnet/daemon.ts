import { spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CodedError } from '@archipel/protocol'
import { identifyProcess, isAlive, type ProcessIdentity, signalProcess } from '../control/process-identity.ts'
import { LOG_TAIL_BYTES_MAX } from './limits.ts'

const POLL_MS = 20

export interface DaemonInit {
  command: string
  args: readonly string[]
  cwd: string
  /** The whole environment. */
  env: Readonly<Record<string, string | undefined>>
  /** Takes both output streams; begun anew. */
  log: string
}

/**
 * Starts a process that outlives this one, as leader of a process group of its own.
 *
 * @throws CodedError E_START_FAILED when it could not be started at all
 */
export function startDaemon({ command, args, cwd, env, log }: DaemonInit): ProcessIdentity {
  mkdirSync(dirname(log), { recursive: true, mode: 0o700 })
  const output = openSync(log, 'w', 0o600)
  try {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', output, output] })
    // Whoever waits for it sees that it is gone; without a listener Node would throw.
    child.on('error', () => {})
    child.unref()
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid)
    if (identity !== undefined) return identity
  } finally {
    closeSync(output)
  }
  throw startFailed(command, log)
}

/** What to tell about a process that ended when it should have begun to work. */
export function startFailed(what: string, log: string): CodedError {
  const tail = tailOf(log)
  return new CodedError('E_START_FAILED', `${what} could not be started${tail === '' ? '' : `: ${lastLine(tail)}`}`, {
    facts: { what, log, tail },
    hint: `its log: ${log}`
  })
}

/** Asks processes to end, waits, then ends them. Group leaders take their children with them. */
export async function stopDaemons(processes: readonly ProcessIdentity[], timeoutMs: number): Promise<void> {
  // The leader alone: it ends its children in the order that is right for it.
  for (const one of processes) signalProcess(one, 'SIGTERM')
  const isOver = await waitGone(processes, timeoutMs)
  if (!isOver) await killDaemons(processes)
}

/** Ends processes and their children at once. */
export async function killDaemons(processes: readonly ProcessIdentity[]): Promise<void> {
  for (const one of processes) signalProcess(one, 'SIGKILL', { group: true })
  // Only a process stuck in the kernel outlasts this.
  await waitGone(processes, 5_000)
}

async function waitGone(processes: readonly ProcessIdentity[], timeoutMs: number): Promise<boolean> {
  const endMs = performance.now() + timeoutMs
  while (processes.some(isAlive)) {
    if (performance.now() > endMs) return false
    await delay(POLL_MS)
  }
  return true
}

/**
 * Calls `look` until it gives something.
 *
 * @param onTimeout makes the error when it never did
 */
export async function poll<T>(
  look: () => Promise<T | undefined> | T | undefined,
  { timeoutMs, signal, onTimeout }: { timeoutMs: number; signal: AbortSignal | undefined; onTimeout: () => Error }
): Promise<T> {
  const endMs = performance.now() + timeoutMs
  for (;;) {
    signal?.throwIfAborted()
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > endMs) throw onTimeout()
    await delay(POLL_MS, undefined, signal === undefined ? {} : { signal })
  }
}

function tailOf(file: string): string {
  try {
    const handle = openSync(file, 'r')
    try {
      const size = fstatSync(handle).size
      const bytes = new Uint8Array(Math.min(size, LOG_TAIL_BYTES_MAX))
      const length = readSync(handle, bytes, 0, bytes.length, Math.max(0, size - bytes.length))
      return new TextDecoder().decode(bytes.subarray(0, length)).trim()
    } finally {
      closeSync(handle)
    }
  } catch {
    return ''
  }
}

const lastLine = (text: string): string => text.split('\n').at(-1)!
