import { importBytes, importFiles, type KeptBlockStore } from '@archipel/client'
import {
  type AgreementId,
  CodedError,
  createFailure,
  creditWork,
  type Failure,
  isCodedError,
  measureOf,
  type ProviderAgreement,
  type Result,
  type Usage,
  workOf
} from '@archipel/protocol'
import { CID } from 'multiformats/cid'
import type { ExecutionResult, Executor } from '../executor/index.ts'
import type { Capacity } from './capacity.ts'
import type { Inputs } from './inputs.ts'
import { OUTPUT_BYTES_MAX, RESULT_KEPT_SEC } from './limits.ts'
import type { Results } from './results.ts'
import { createTicks } from './ticks.ts'

/** Carries out agreements: fetches program and input, waits for room, runs, keeps the output. */
export interface Work {
  /** Runs an agreement's program, unless that is under way. */
  execute(state: ProviderAgreement): void
  stop(id: AgreementId): void
  /** Stops everything without a verdict; resolves when all is quiet. The agreements go on after a restart. */
  stopAll(): Promise<void>
}

export interface WorkEvents {
  progress(state: ProviderAgreement, stage: 'queued' | 'fetching' | 'running'): void
  ticked(id: AgreementId, usage: Usage): void
  finished(id: AgreementId, done: { result: Result; stderr: Uint8Array; usage: Usage }): void
  /** `usage`: of a program that had begun to run. */
  failed(id: AgreementId, failure: Failure, usage: Usage | undefined): void
}

export interface WorkInit {
  /** Back ends by what demands call them. */
  executors: ReadonlyMap<string, Executor>
  capacity: Capacity
  inputs: Inputs
  blocks: KeptBlockStore
  results: Results
  events: WorkEvents
  nowSec: () => number
}

/** Share of the credit that one look shows of fuel at most: seven eighths are 7·10⁹ in a second. */
const FUEL_STEP = 7 / 8

/** A program that runs. */
interface Begun {
  readonly atMs: number
  /** As far as it told. */
  fuel: number
}

export function createWork({ executors, capacity, inputs, blocks, results, events, nowSec }: WorkInit): Work {
  const running = new Map<AgreementId, { stop: AbortController; done: Promise<void> }>()
  const begun = new Map<AgreementId, Begun>()
  let stopping = false

  async function carryOut(state: ProviderAgreement, signal: AbortSignal): Promise<void> {
    const { demand } = state
    const { resources, workload, durationSec, fuel, deadline } = demand.body
    const executor = executors.get(workload.runtime)
    if (executor === undefined) {
      throw new CodedError('E_NO_RUNTIME', `this provider does not run ${workload.runtime} any more`, {
        facts: { fault: 'host', runtime: workload.runtime }
      })
    }
    const wallMs = durationSec * 1000
    const leftMs = (deadline - nowSec()) * 1000
    if (leftMs <= 0)
      throw new CodedError('E_DEADLINE', 'the deadline passed before there was room', { facts: { fault: 'host' } })
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(Math.min(leftMs, 2 ** 31 - 1))])

    // Inputs first: a buyer that hands them over slowly, or not at all, keeps no room from others.
    const files = await inputs.fetch(state, () => events.progress(state, 'fetching'), bounded)
    if (capacity.queued > 0) events.progress(state, 'queued')
    const release = await capacity.acquire(resources, bounded)
    try {
      events.progress(state, 'running')
      let stopTicking = () => {}
      let result: ExecutionResult
      try {
        result = await executor.run(
          {
            tenant: demand.body.buyer,
            program: { cid: CID.decode(workload.program).toString(), load: () => inputs.program(state) },
            args: workload.args,
            env: workload.env,
            files,
            limits: {
              wallMs: Math.min(wallMs, leftMs),
              memoryBytes: resources.memoryBytes,
              diskBytes: resources.diskBytes,
              cpuMillis: resources.cpuMillis,
              ...(fuel > 0 ? { fuel } : {}),
              outputBytes: Math.min(OUTPUT_BYTES_MAX, Math.max(resources.diskBytes, 2 ** 20))
            }
          },
          {
            signal: bounded,
            onStarted() {
              stopTicking = tick(state)
            },
            onProgress(burnt) {
              const run = begun.get(state.id)
              if (run !== undefined) run.fuel = burnt
            }
          }
        )
      } catch (err) {
        throw leftMs < wallMs ? err : afterAgreedTime(err)
      } finally {
        stopTicking()
      }
      events.finished(state.id, await keep(state.id, result))
    } finally {
      release()
    }
  }

  function usageOf({ id, demand }: ProviderAgreement): Usage | undefined {
    const run = begun.get(id)
    if (run === undefined) return undefined
    return {
      runMs: Math.floor(performance.now() - run.atMs),
      memoryBytes: demand.body.resources.memoryBytes,
      outputBytes: 0,
      fuel: run.fuel
    }
  }

  /** Of a program that came to nothing: with what its failure tells that it burnt, all of it where it ran out. */
  function usageAtFailure(state: ProviderAgreement, err: unknown): Usage | undefined {
    const usage = usageOf(state)
    if (usage === undefined || !isCodedError(err)) return usage
    const { fuel } = state.demand.body
    const told = err.code === 'E_FUEL' ? fuel : err.facts.fuel
    const isCount = Number.isSafeInteger(told) && (told as number) <= fuel
    return isCount ? { ...usage, fuel: Math.max(usage.fuel, told as number) } : usage
  }

  /** Reports progress twice in each tick, so that the payment for one half arrives during the other. */
  function tick(state: ProviderAgreement): () => void {
    const { unit } = measureOf(state.demand.body)
    const periodMs = state.bid.body.tickSec * 500
    // Of fuel more than half of the credit may be gone in half of the time, on a processor faster than those we know.
    const stepMax = Math.floor(creditWork(state) * (unit === 'fuel' ? FUEL_STEP : 0.5))
    const ticks = createTicks({ periodMs, stepMax })
    begun.set(state.id, { atMs: performance.now(), fuel: 0 })
    const timer = setInterval(() => {
      const usage = usageOf(state)
      if (usage === undefined) return
      const work = ticks.look(usage.runMs, workOf(state.demand.body, usage))
      if (work !== undefined) events.ticked(state.id, { ...usage, [unit === 'fuel' ? 'fuel' : 'runMs']: work })
    }, periodMs)
    return () => clearInterval(timer)
  }

  async function keep(
    id: AgreementId,
    { exitCode, stdout, stderr, files, usage }: ExecutionResult
  ): Promise<{ result: Result; stderr: Uint8Array; usage: Usage }> {
    // Blocks come before the node that names them: until there is a root to pin, nothing new may go.
    const release = blocks.hold()
    try {
      const [stdoutCid, stderrCid, outputCid] = await Promise.all([
        importBytes(stdout, blocks),
        stderr.length === 0 ? undefined : importBytes(stderr, blocks),
        importFiles(
          files.map(({ path, bytes }) => ({ path, content: bytes })),
          blocks
        )
      ])
      const result: Result = { exitCode, stdout: stdoutCid.bytes, output: outputCid.bytes }
      const stderrBytes = stderrCid?.bytes ?? new Uint8Array(0)
      await results.keep(id, result, stderrBytes, nowSec() + RESULT_KEPT_SEC)
      return {
        result,
        stderr: stderrBytes,
        usage: {
          runMs: Math.ceil(usage.runMs),
          memoryBytes: usage.memoryBytes,
          outputBytes: usage.outputBytes,
          fuel: usage.fuel ?? 0
        }
      }
    } finally {
      release()
    }
  }

  return {
    execute(state) {
      if (stopping || running.has(state.id)) return
      const stop = new AbortController()
      const done = carryOut(state, stop.signal)
        .catch(err => {
          // Told to stop: whoever did that has decided already what becomes of the agreement.
          if (stop.signal.aborted) return
          events.failed(state.id, failureOf(err), usageAtFailure(state, err))
        })
        .finally(() => {
          inputs.release(state)
          running.delete(state.id)
          begun.delete(state.id)
        })
      running.set(state.id, { stop, done })
    },
    stop(id) {
      running.get(id)?.stop.abort(new CodedError('E_CANCELLED', 'the agreement ended'))
    },
    async stopAll() {
      stopping = true
      const all = [...running.values()]
      for (const { stop } of all) stop.abort(new CodedError('E_STOPPING', 'the node is stopping'))
      await Promise.all(all.map(({ done }) => done))
    }
  }
}

/**
 * To an executor, being out of time is the host's fault where fuel is counted: it proves nothing about the program. Between a
 * buyer and its provider it is what they agreed on: the program was given all of the time, and what it burnt is due.
 */
function afterAgreedTime(err: unknown): unknown {
  if (!isCodedError(err) || err.code !== 'E_WALL_TIME') return err
  return new CodedError(err.code, err.message, { facts: { ...err.facts, fault: 'program' }, cause: err })
}

function failureOf(err: unknown): Failure {
  if (isCodedError(err)) {
    const fault = typeof err.facts.fault === 'string' ? err.facts.fault : 'host'
    return createFailure({ code: err.code, fault, message: err.message })
  }
  const late = err instanceof Error && err.name === 'TimeoutError'
  return late
    ? { code: 'E_DEADLINE', fault: 'host', message: 'the deadline passed' }
    : createFailure({ code: 'E_INTERNAL', fault: 'host', message: err instanceof Error ? err.message : String(err) })
}
