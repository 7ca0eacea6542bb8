import { setTimeout as delay } from 'node:timers/promises'
import { abortable } from '../../abortable.ts'
import { createExecutionError } from '../../errors.ts'
import type { ExecutionJob, ExecutionResult, RunOptions } from '../../executor.ts'
import { EXIT_TIMEOUT_MS } from '../limits.ts'
import type { RunnerProcess } from '../runner-process.ts'
import { createMembers, type Member } from './members.ts'
import { createWaitingLine, type Waiter } from './waiting-line.ts'
import { WARM_UP } from './warm-up.ts'

export interface PoolInit {
  startRunner(): RunnerProcess
  /** Bound on processes of any kind at one time. */
  processesMax: number
  /** Bound on processes of one tenant. */
  tenantProcessesMax: number
  /** Processes kept ready for a new tenant. */
  spares: number
  /** Bound on waiting jobs; half of it for one tenant. */
  waitingMax: number
  /** How long an idle process is kept for its tenant. */
  idleMs: number
}

/** Runner processes: each serves one tenant only, and one job at a time. */
export interface Pool {
  /** `first` becomes a spare. */
  start(first?: RunnerProcess): void
  /** Ends all jobs with E_CANCELLED and all processes. */
  stop(): Promise<void>
  /** Throws E_BUSY where too many jobs wait already. */
  run(job: ExecutionJob, options: RunOptions): Promise<ExecutionResult>
}

/**
 * How long a tenant's process may go on with that tenant's own jobs while an older job of another waits: changing over
 * takes a new process, which costs as much as hundreds of short jobs.
 */
const TURN_MS = 250
/** Of jobs that nobody calls off. */
const never = new AbortController().signal
/** Starting a process takes the processor for a while: the job that took the last spare goes first. */
const REFILL_DELAY_MS = 20

export function createPool(init: PoolInit): Pool {
  const members = createMembers()
  const line = createWaitingLine(init.waitingMax)
  const jobs = new Set<AbortController>()
  let started = false

  function enter(runner: RunnerProcess): Member {
    const member = members.add(runner)
    // A process that does not even start is not replaced at once: the next one would not start either.
    const settled = member.runner.ready.then(
      () => true,
      () => false
    )
    void member.runner.closed.then(async () => {
      members.remove(member)
      clearTimeout(member.idleTimer)
      serve()
      if (await settled) refill()
    })
    return member
  }

  /** Has a spare process do its first job, so that no tenant waits for what a first job takes. */
  function warmUp(member: Member): void {
    // A process that fails at nothing at all is of no use to anybody.
    member.warmedUp = member.runner.run(WARM_UP, { signal: never }).catch(member.runner.kill)
  }

  /** Keeps spares ready, at the cost of the process that has been idle longest. */
  function refill(): void {
    while (started && members.spareCount() < init.spares && members.leavingCount() === 0) {
      if (members.count() < init.processesMax) warmUp(enter(init.startRunner()))
      else if (!evict(tenant => !line.has(tenant))) return
    }
  }

  /** Ends an idle process; its place is free once it is gone. */
  function evict(isEvictable: (tenant: string) => boolean): boolean {
    const member = members.findEvictable(isEvictable)
    member?.runner.kill()
    return member !== undefined
  }

  function claim(member: Member, tenant: string): Member {
    member.tenant = tenant
    member.busy = true
    clearTimeout(member.idleTimer)
    return member
  }

  /** A process for the tenant, now; undefined where it has to wait. */
  function take({ tenant, sinceMs }: Waiter): Member | undefined {
    const idle = members.findIdle(tenant)
    if (idle !== undefined) return claim(idle, tenant)
    if (members.countOf(tenant) >= init.tenantProcessesMax) return undefined
    const spare = members.findSpare() ?? (members.count() < init.processesMax ? enter(init.startRunner()) : undefined)
    if (spare !== undefined) {
      setTimeout(refill, REFILL_DELAY_MS).unref()
      return claim(spare, tenant)
    }
    if (members.leavingCount() > 0) return undefined
    const impatient = performance.now() - sinceMs > TURN_MS
    evict(other => other !== tenant && (impatient || !line.has(other)))
    return undefined
  }

  /** Gives processes to waiting jobs, as far as there are any. */
  function serve(): void {
    if (!started) return
    for (const waiter of line.inOrder()) {
      const member = take(waiter)
      if (member === undefined) continue
      line.leave(waiter)
      waiter.resolve(member)
    }
  }

  async function acquire(tenant: string, signal: AbortSignal): Promise<Member> {
    const { promise, resolve } = Promise.withResolvers<Member>()
    const waiter: Waiter = { tenant, sinceMs: performance.now(), resolve }
    const member = line.has(tenant) ? undefined : take(waiter)
    if (member !== undefined) return member
    line.join(waiter)
    try {
      return await abortable(promise, signal)
    } catch (err) {
      line.leave(waiter)
      // Given a process in the very moment it was called off.
      promise.then(release)
      throw err
    }
  }

  async function runOn(member: Member, job: ExecutionJob, options: RunOptions): Promise<ExecutionResult> {
    try {
      if (member.warmedUp !== undefined) await abortable(member.warmedUp, options.signal)
      return await member.runner.run(job, options)
    } finally {
      release(member)
    }
  }

  function release(member: Member): void {
    member.busy = false
    if (!member.runner.isAlive()) return
    member.idleSinceMs = performance.now()
    member.idleTimer = setTimeout(member.runner.kill, init.idleMs)
    member.idleTimer.unref()
    if (line.length() > 0) serve()
  }

  return {
    start: first => {
      started = true
      if (first !== undefined) warmUp(enter(first))
      refill()
    },
    stop: async () => {
      started = false
      const reason = createExecutionError('E_CANCELLED', 'the executor stopped', { facts: { fault: 'host' } })
      for (const job of jobs) job.abort(reason)
      const closed = [...members.all()].map(member => {
        member.runner.kill()
        return member.runner.closed
      })
      await Promise.race([Promise.all(closed), delay(EXIT_TIMEOUT_MS, undefined, { ref: false })])
    },
    run: async (job, options) => {
      // Not AbortSignal.any: what it makes stays with a signal that outlives the job.
      const stopping = new AbortController()
      const onAbort = () => stopping.abort(options.signal.reason)
      if (options.signal.aborted) onAbort()
      options.signal.addEventListener('abort', onAbort)
      jobs.add(stopping)
      try {
        return await runOn(await acquire(job.tenant, stopping.signal), job, { ...options, signal: stopping.signal })
      } finally {
        jobs.delete(stopping)
        options.signal.removeEventListener('abort', onAbort)
      }
    }
  }
}
