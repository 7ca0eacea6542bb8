import { randomBytes } from 'node:crypto'
import { createExecutionError } from '../errors.ts'
import type { ExecutionJob, ExecutionResult, Executor, RunOptions } from '../executor.ts'
import { validateJob } from '../job-check.ts'
import { createEngine, type Engine } from './engine/engine.ts'
import type { Labels } from './engine/types.ts'
import { createHolderImage } from './image/holder.ts'
import { loadInto } from './image/load.ts'
import { createImageStore, type ImageStore } from './image/store.ts'
import { OWNER_LABEL, removeLeftovers } from './leftovers.ts'
import { CLEANUP_TIMEOUT_MS, IMAGE_TIMEOUT_MS, MEMORY_BYTES_MIN, PROCESSES_MAX } from './limits.ts'
import { requireHold } from './probe-hold.ts'
import { createInterruption } from './run/interruption.ts'
import { ImageGone, removeRun, runContainer } from './run/run-container.ts'
import { type JobNames, namesOf } from './run/specs.ts'
import { chooseRuntime, layersOf, requireLimits } from './runtime.ts'

export interface OciExecutorInit {
  /** The engine's socket. Default Docker's own. */
  socketPath?: string
  /** Who we are to the engine, among others that use it: small letters, digits and dashes. */
  owner: string
  /** Runtime of the engine's to use. Default gVisor's where the engine has it, else runc. */
  runtime?: string | undefined
  /** Hosts of registries that images may be pulled from. Default none: images come as archives. */
  registries?: readonly string[]
  /** Largest memory of any job. Default 64 GiB. */
  memoryBytesMax?: number
  /** Bound on jobs at a time; one more is refused. Default 64. */
  jobsMax?: number
}

const SOCKET_PATH = '/var/run/docker.sock'
const MEMORY_BYTES_MAX = 64 * 2 ** 30
const JOBS_MAX = 64
const OWNER = /^[a-z0-9](?:-?[a-z0-9])*$/

interface Running {
  engine: Engine
  isolation: readonly string[]
  runtime: string
  processors: number
  architecture: string
  images: ImageStore
  stopping: AbortController
  jobs: Set<Promise<unknown>>
}

/** The back end for container images, through the Docker Engine API: one container for each job, and none is left. */
export function createOciExecutor(init: OciExecutorInit): Executor {
  const { owner, socketPath = SOCKET_PATH, memoryBytesMax = MEMORY_BYTES_MAX, jobsMax = JOBS_MAX } = init
  if (!OWNER.test(owner))
    throw createExecutionError('E_BAD_JOB', 'the owner cannot name containers', { facts: { owner } })
  const labels: Labels = { [OWNER_LABEL]: owner }
  const holderImage = `archipel-${owner}/holder:1`
  const inUse = new Set<string>()
  let starting: Promise<Running> | undefined
  let running: Running | undefined
  /** Something could not be removed when its job ended. */
  let isUntidy = false

  const newNames = (): JobNames => namesOf(`archipel-${owner}-${randomBytes(8).toString('hex')}`)

  async function startUp(): Promise<Running> {
    const stopping = new AbortController()
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(IMAGE_TIMEOUT_MS)])
    const engine = createEngine(socketPath)
    const info = await engine.connect(signal)
    requireLimits(info)
    const runtime = chooseRuntime(info, init.runtime)
    await tidy(engine, signal)
    const architecture = architectureOf(info.Architecture)
    await loadHolder(engine, architecture, signal)
    await requireHold(engine, newNames(), holderImage, labels, signal)
    const images = createImageStore({
      engine,
      repository: `archipel-${owner}/image`,
      architecture,
      registries: init.registries ?? []
    })
    await images.start(signal)
    const isolation = layersOf(info, runtime)
    const { NCPU: processors } = info
    return { engine, isolation, runtime, processors, architecture, images, stopping, jobs: new Set() }
  }

  async function loadHolder(engine: Engine, architecture: string, signal: AbortSignal): Promise<void> {
    await loadInto(engine, await createHolderImage(architecture), holderImage, signal)
  }

  async function tidy(engine: Engine, signal: AbortSignal): Promise<void> {
    await removeLeftovers(engine, owner, name => inUse.has(name), signal)
    isUntidy = false
  }

  async function attempt(parts: Running, job: ExecutionJob, options: RunOptions): Promise<ExecutionResult> {
    const { engine, images, runtime, processors } = parts
    const interruption = createInterruption([options.signal, parts.stopping.signal])
    const names = newNames()
    for (const name of Object.values(names)) inUse.add(name)
    try {
      if (isUntidy) await tidy(engine, interruption.signal)
      const { release, ...image } = await images.take(job.program, interruption.signal)
      try {
        const container = { engine, image, holderImage, names, labels, runtime, processors }
        return await runContainer({ ...container, job, options, interruption })
      } finally {
        release()
      }
    } catch (err) {
      interruption.interrupt(err)
      // Whatever the engine made of being interrupted, the first reason is the one.
      throw interruption.signal.reason
    } finally {
      interruption.close()
      await removeRun(engine, names).catch(() => {
        isUntidy = true
      })
      for (const name of Object.values(names)) inUse.delete(name)
    }
  }

  async function runJob(parts: Running, job: ExecutionJob, options: RunOptions): Promise<ExecutionResult> {
    try {
      return await attempt(parts, job, options)
    } catch (err) {
      if (!(err instanceof ImageGone)) throw err
      // Somebody cleaned up the engine's images: get them again, once.
      parts.images.forget(job.program.cid)
      await loadHolder(parts.engine, parts.architecture, options.signal)
      return await attempt(parts, job, options)
    }
  }

  return {
    runtime: 'oci',
    get isolation() {
      return running?.isolation ?? []
    },
    start: async () => {
      starting ??= startUp()
      const mine = starting
      try {
        const started = await mine
        // Unless it was stopped meanwhile.
        if (starting === mine) running = started
      } catch (err) {
        if (starting === mine) starting = undefined
        throw err
      }
    },
    stop: async () => {
      const stopping = starting
      starting = undefined
      running = undefined
      const started = await stopping?.catch(() => undefined)
      if (started === undefined) return
      started.stopping.abort(createExecutionError('E_CANCELLED', 'the executor stopped', { facts: { fault: 'host' } }))
      await Promise.allSettled(started.jobs)
      if (isUntidy) await tidy(started.engine, AbortSignal.timeout(CLEANUP_TIMEOUT_MS)).catch(() => {})
    },
    run: async (job, options) => {
      if (running === undefined) throw createExecutionError('E_NOT_STARTED', 'the executor is not running')
      validateJob(job, { memoryBytesMin: MEMORY_BYTES_MIN, memoryBytesMax, processesMax: PROCESSES_MAX })
      const { jobs } = running
      if (jobs.size >= jobsMax) {
        throw createExecutionError('E_BUSY', 'too many jobs run already', {
          facts: { jobsMax },
          hint: 'try again later'
        })
      }
      const done = runJob(running, job, options)
      jobs.add(done)
      return done.finally(() => jobs.delete(done))
    }
  }
}

/** `uname -m` as images have it. */
function architectureOf(machine: string): string {
  const known: Record<string, string> = { x86_64: 'amd64', aarch64: 'arm64' }
  return known[machine] ?? machine
}
