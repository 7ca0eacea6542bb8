import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createWasmExecutor, type ExecutionJob, type Executor } from 'archipel'
import { NOOP } from './noop.ts'
import { round, spreadOf } from './statistics.ts'

export interface ExecutorReport {
  /** Layers of confinement that were in force. */
  readonly isolation: readonly string[]
  readonly rows: readonly ExecutorRow[]
  readonly rates: readonly ExecutorRate[]
}

export interface ExecutorRow {
  readonly job: string
  readonly ms: ReturnType<typeof spreadOf>
  /** As a share of what a plain `node -e 0` takes, measured in turns with it: hardly depends on the machine. */
  readonly perNodeStart: number
  readonly target: string
}

export interface ExecutorRate {
  readonly tenants: string
  readonly perSec: number
  /** Jobs in the time in which one plain Node starts. */
  readonly perNodeStart: number
  readonly target: string
}

const never = new AbortController().signal
/** How long a spare process is given to be there again, as multiples of a plain start. */
const REFILL_STARTS = 4
const CPUS = availableParallelism()

/** No-op programs through the executor alone: no network, no money. */
export async function measureExecutor(rounds: number, log: (line: string) => void): Promise<ExecutorReport> {
  log('executor: no-op programs, cold, from a spare process, and warm …')
  const cold = await withExecutor({ spares: 0, idleMs: 1 }, executor => measureCold(executor, rounds))
  const spareMs = await withExecutor({ spares: 1 }, executor => measureSpare(executor, rounds, cold.nodeMs.p50))
  const warm = await withExecutor({}, executor => measureWarm(executor, rounds * 100))
  const tenantsPerSec = await withExecutor({ spares: 2 * CPUS, processesMax: 8 * CPUS }, executor =>
    perSec(rounds * 8, n => executor.run(noopOf(`tenant-${n}`), { signal: never }))
  )
  const row = (job: string, ms: ReturnType<typeof spreadOf>, target: string): ExecutorRow => ({
    job,
    ms,
    perNodeStart: round(ms.p50 / cold.nodeMs.p50),
    target
  })
  const rate = (tenants: string, jobsPerSec: number, target: string): ExecutorRate => ({
    tenants,
    perSec: jobsPerSec,
    perNodeStart: round((jobsPerSec * cold.nodeMs.p50) / 1000),
    target
  })
  return {
    isolation: cold.isolation,
    rows: [
      row('plain Node, nothing to do', cold.nodeMs, '–'),
      row('new tenant, cold', cold.ms, '75'),
      row('new tenant, spare process', spareMs, '10'),
      row('same tenant, warm', warm.ms, '1')
    ],
    rates: [rate('one', warm.perSec, '1500'), rate('another each time', tenantsPerSec, '45')]
  }
}

async function measureCold(executor: Executor, rounds: number) {
  const nodeMs: number[] = []
  const ms: number[] = []
  // The process that proved the confinement is a spare: somebody has to take it.
  await executor.run(noopOf('first'), { signal: never })
  for (let n = 0; n < rounds; n++) {
    nodeMs.push(await timed(() => promisify(execFile)(process.execPath, ['-e', '0'])))
    ms.push(await timed(() => executor.run(noopOf(`cold-${n}`), { signal: never })))
  }
  return { isolation: executor.isolation, nodeMs: spreadOf(nodeMs), ms: spreadOf(ms) }
}

async function measureSpare(executor: Executor, rounds: number, nodeStartMs: number) {
  const ms: number[] = []
  for (let n = 0; n < rounds; n++) {
    await sleep(REFILL_STARTS * nodeStartMs)
    ms.push(await timed(() => executor.run(noopOf(`spare-${n}`), { signal: never })))
  }
  return spreadOf(ms)
}

async function measureWarm(executor: Executor, jobs: number) {
  const act = () => executor.run(noopOf('warm'), { signal: never })
  // The engine translates the paths that all jobs take within the first few hundred.
  for (let n = 0; n < jobs; n++) await act()
  const ms: number[] = []
  for (let n = 0; n < jobs; n++) ms.push(await timed(act))
  return { ms: spreadOf(ms), perSec: await perSec(2 * jobs, act) }
}

async function withExecutor<T>(
  init: Parameters<typeof createWasmExecutor>[0],
  use: (executor: Executor) => Promise<T>
): Promise<T> {
  const executor = createWasmExecutor(init)
  await executor.start()
  try {
    return await use(executor)
  } finally {
    await executor.stop()
  }
}

async function perSec(count: number, act: (n: number) => Promise<unknown>): Promise<number> {
  let next = 0
  const ms = await timed(() =>
    Promise.all(
      Array.from({ length: CPUS }, async () => {
        while (next < count) await act(next++)
      })
    )
  )
  return round((count * 1000) / ms)
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await act()
  return performance.now() - startMs
}

const NOOP_CID = createHash('sha256').update(NOOP).digest('hex')

function noopOf(tenant: string): ExecutionJob {
  return {
    tenant,
    program: { cid: NOOP_CID, load: async () => NOOP },
    args: ['noop'],
    env: [],
    files: [],
    limits: { wallMs: 60_000, memoryBytes: 2 ** 24, diskBytes: 2 ** 20, outputBytes: 2 ** 20 }
  }
}
