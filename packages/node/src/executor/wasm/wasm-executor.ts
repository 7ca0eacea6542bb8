import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createExecutionError } from '../errors.ts'
import type { ExecutionJob, Executor } from '../executor.ts'
import { validateJob } from '../job-check.ts'
import { KEPT_BYTES_MAX, KEPT_PROGRAMS_MAX } from './limits.ts'
import { METERING_VERSION } from './metering/costs.ts'
import { createPool, type Pool } from './pool/pool.ts'
import { createKeptPrograms } from './programs/kept-programs.ts'
import { createMeteredPrograms, type MeteredPrograms } from './programs/metered-programs.ts'
import { type RunnerProcess, startRunnerProcess } from './runner-process.ts'
import { type Confinement, confinementCandidates } from './sandbox/candidates.ts'
import { type Groups, openGroups } from './sandbox/cgroup/groups.ts'
import { copyRunnerModules } from './sandbox/modules.ts'
import { probeConfinement } from './sandbox/probe.ts'
import { seccompFilter } from './sandbox/seccomp/filter.ts'

export interface WasmExecutorInit {
  /** Largest memory of any job; a job may have less. Default 2 GiB, at most 4 GiB. */
  memoryBytesMax?: number
  /** Bound on processes at one time, spares and idle ones included. Default 8. */
  processesMax?: number
  /** Bound on processes of one tenant. Default: as many as the machine has processors. */
  tenantProcessesMax?: number
  /** Processes kept ready for a new tenant. Default 1. */
  spares?: number
  /** Bound on waiting jobs; one tenant gets half of it. Default 256. */
  waitingMax?: number
  /** How long an idle process is kept for its tenant. Default 30 s. */
  idleMs?: number
  /** Layers of confinement not to use even where they work: see LAYERS; not the first two. Default none. */
  avoid?: readonly string[]
  /**
   * Folder for this executor alone: emptied at start and removed at stop. Default: a new one in the system's folder for
   * temporary files, which stays behind when this process is killed.
   */
  directory?: string
  /**
   * Folder for programs made ready to be metered, so that each is made once, also across restarts. Default: within
   * `directory`, and gone with it.
   */
  keptDirectory?: string
  /** Told about each process that shall run programs. Default: nobody. */
  onProcess?: (pid: number | undefined) => void
}

const GIB = 1024 ** 3
const PAGE_BYTES = 65_536
const IDLE_MS = 30_000

interface Running {
  isolation: readonly string[]
  pool: Pool
  groups: Groups | undefined
  programs: MeteredPrograms
  directory: string
}

/** The back end for WASI preview 1 programs: each runs in WebAssembly inside a confined process of its tenant's own. */
export function createWasmExecutor(init: WasmExecutorInit = {}): Executor {
  const memoryBytesMax = Math.min(init.memoryBytesMax ?? 2 * GIB, 4 * GIB)
  let starting: Promise<Running> | undefined
  let running: Running | undefined

  async function startUp(): Promise<Running> {
    const directory = await realpath(await makeDirectory(init.directory))
    let groups: Groups | undefined
    try {
      // Runners may be another user; there is nothing secret in here, and nobody else may write.
      await chmod(directory, 0o755)
      const modules = join(directory, 'modules')
      const empty = join(directory, 'empty')
      await mkdir(empty)
      await copyRunnerModules(modules)
      const avoid = init.avoid ?? []
      if (!avoid.includes('cgroup')) groups = (await openGroups()).groups
      const candidates = await confinementCandidates({
        node: await realpath(process.execPath),
        modules,
        pagesMax: Math.floor(memoryBytesMax / PAGE_BYTES),
        filter: await writeFilter(directory),
        groups: groups !== undefined,
        avoid
      })
      const start = (confinement: Confinement) => startConfined(confinement, empty, groups)
      const tell = (runner: RunnerProcess) => {
        init.onProcess?.(runner.pid)
        return runner
      }
      const { confinement, runner } = await probeConfinement(candidates, start)
      const pool = createPool({
        startRunner: () => tell(start(confinement)),
        processesMax: init.processesMax ?? 8,
        tenantProcessesMax: init.tenantProcessesMax ?? availableParallelism(),
        spares: init.spares ?? 1,
        waitingMax: init.waitingMax ?? 256,
        idleMs: init.idleMs ?? IDLE_MS
      })
      pool.start(tell(runner))
      const programs = createMeteredPrograms({
        startRunner: () => tell(start(confinement)),
        kept: createKeptPrograms({
          directory: init.keptDirectory ?? join(directory, 'kept'),
          version: String(METERING_VERSION),
          filesMax: KEPT_PROGRAMS_MAX,
          bytesMax: KEPT_BYTES_MAX
        })
      })
      return { isolation: confinement.isolation, pool, programs, groups, directory }
    } catch (err) {
      await groups?.close()
      await rm(directory, { recursive: true, force: true })
      throw err
    }
  }

  return {
    runtime: 'wasm',
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
      await Promise.all([started.pool.stop(), started.programs.stop()])
      await started.groups?.close()
      await rm(started.directory, { recursive: true, force: true })
    },
    run: async (job, options) => {
      if (running === undefined) throw createExecutionError('E_NOT_STARTED', 'the executor is not running')
      validateJob(job, { memoryBytesMin: PAGE_BYTES, memoryBytesMax })
      if ((job.limits.gpus ?? 0) > 0) {
        throw createExecutionError('E_NO_GPU', 'WebAssembly programs have no use of graphics processors', {
          facts: { fault: 'buyer', gpus: job.limits.gpus }
        })
      }
      const { pool, programs } = running
      return pool.run(job.limits.fuel === undefined ? job : withMeteredProgram(job, programs), options)
    }
  }
}

function withMeteredProgram(job: ExecutionJob, programs: MeteredPrograms): ExecutionJob {
  const { program } = job
  return { ...job, program: { cid: program.cid, load: ({ signal }) => programs.take(program, signal) } }
}

async function makeDirectory(directory: string | undefined): Promise<string> {
  if (directory === undefined) return mkdtemp(join(tmpdir(), 'archipel-executor-'))
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  return directory
}

/** Undefined where there is no filter for this architecture. */
async function writeFilter(directory: string): Promise<string | undefined> {
  const filter = process.platform === 'linux' ? seccompFilter(process.arch) : undefined
  if (filter === undefined) return undefined
  const path = join(directory, 'seccomp.bpf')
  await writeFile(path, filter)
  return path
}

function startConfined(confinement: Confinement, directory: string, groups: Groups | undefined): RunnerProcess {
  const group = confinement.isolation.includes('cgroup') ? groups?.create() : undefined
  const command = confinement.command(group?.folders ?? [])
  return startRunnerProcess({ command, directory, filter: confinement.filter, group })
}
