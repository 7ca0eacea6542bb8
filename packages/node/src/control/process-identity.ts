import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Names one process for good. A bare pid is not enough: pids are used again, within a boot and after one, and a signal
 * sent by number alone can hit a stranger.
 */
export interface ProcessIdentity {
  readonly pid: number
  /** Of the running kernel; empty where the system has none. */
  readonly bootId: string
  /** When the process began, in a unit of the system's own: only ever compared. */
  readonly startedAt: string
}

/** undefined when no such process is alive; one that ended and was not yet waited for counts as gone. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startOnLinux(pid) : startElsewhere(pid)
  return startedAt === undefined ? undefined : { pid, bootId: bootId(), startedAt }
}

export function ownIdentity(): ProcessIdentity {
  const identity = identifyProcess(process.pid)
  if (identity === undefined) throw new Error('this process cannot see itself: is /proc mounted?')
  return identity
}

/** True when the very process named is alive. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid)
  return now !== undefined && now.bootId === identity.bootId && now.startedAt === identity.startedAt
}

/**
 * Sends a signal to the process named, never to another that got its pid.
 *
 * @param group also to its children: it must lead a process group
 * @returns false when it is gone
 */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals, { group = false } = {}): boolean {
  if (!isAlive(identity)) return false
  try {
    process.kill(group ? -identity.pid : identity.pid, signal)
    return true
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw err
  }
}

/** True for what was written by {@link identifyProcess}: for reading it back from a file. */
export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  const { pid, bootId, startedAt } = (value ?? {}) as Partial<ProcessIdentity>
  return Number.isSafeInteger(pid) && pid! > 0 && typeof bootId === 'string' && typeof startedAt === 'string'
}

/** proc(5): the name, field 2, may hold anything, so counting starts after its last parenthesis. */
function startOnLinux(pid: number): string | undefined {
  const fields = readText(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')
  const [state, startTicks] = [fields?.[0], fields?.[19]]
  return state === undefined || 'ZXx'.includes(state) ? undefined : startTicks
}

function startElsewhere(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 2_000
    })
    return text.trim() || undefined
  } catch {
    return undefined
  }
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
