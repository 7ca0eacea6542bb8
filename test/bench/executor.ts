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
  /** A plain `node -e 0`, in turns with the cold starts: what no runner made of Node can be faster than. */
  readonly nodeMs: ReturnType<typeof spreadOf>
  /** First job of a tenant for whom a process has to be started. */
  readonly coldMs: ReturnType<typeof spreadOf>
  readonly coldPerNode: number
  /** First job of a tenant for whom a process stood ready. */
  readonly spareMs: ReturnType<typeof spreadOf>
  /** Further jobs of a tenant, one at a time. */
  readonly warmMs: ReturnType<typeof spreadOf>
  readonly warmPerSec: number
  /** Every job another tenant's, as many at once as there are processors. */
  readonly tenantsPerSec: number
}

const never = new AbortController().signal
/** Long enough for a spare process to be there, also on a slow machine. */
const REFILLED_MS = 300
const CPUS = availableParallelism()

/** No-op programs through the executor alone: no network, no money. */
export async function measureExecutor(rounds: number, log: (line: string) => void): Promise<ExecutorReport> {
  log('executor: cold, spare, warm …')
  const nodeMs: number[] = []
  const { coldMs, isolation } = await withExecutor({ spares: 0, idleMs: 1 }, async executor => {
    const coldMs: number[] = []
    // The process that proved the confinement is a spare: somebody has to take it.
    await executor.run(noopOf('first'), { signal: never })
    for (let n = 0; n < rounds; n++) {
      nodeMs.push(await timed(() => promisify(execFile)(process.execPath, ['-e', '0'])))
      coldMs.push(await timed(() => executor.run(noopOf(`cold-${n}`), { signal: never })))
    }
    return { coldMs, isolation: executor.isolation }
  })
  const spareMs = await withExecutor({ spares: 1 }, async executor => {
    const times: number[] = []
    for (let n = 0; n < rounds; n++) {
      await sleep(REFILLED_MS)
      times.push(await timed(() => executor.run(noopOf(`spare-${n}`), { signal: never })))
    }
    return times
  })
  const warm = await withExecutor({}, executor => measureWarm(executor, rounds * 100))
  const tenantsPerSec = await withExecutor({ spares: 2 * CPUS, processesMax: 16 }, executor =>
    perSec(rounds * 8, CPUS, n => executor.run(noopOf(`tenant-${n}`), { signal: never }))
  )
  const [node, cold] = [spreadOf(nodeMs), spreadOf(coldMs)]
  return {
    isolation,
    nodeMs: node,
    coldMs: cold,
    coldPerNode: round(cold.p50 / node.p50),
    spareMs: spreadOf(spareMs),
    ...warm,
    tenantsPerSec
  }
}

async function measureWarm(executor: Executor, jobs: number) {
  const times: number[] = []
  // The engine translates the paths that all jobs take within the first few hundred.
  for (let n = 0; n < jobs; n++) await executor.run(noopOf('warm'), { signal: never })
  for (let n = 0; n < jobs; n++) times.push(await timed(() => executor.run(noopOf('warm'), { signal: never })))
  const warmPerSec = await perSec(2 * jobs, CPUS, () => executor.run(noopOf('warm'), { signal: never }))
  return { warmMs: spreadOf(times), warmPerSec }
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

async function perSec(count: number, inFlight: number, act: (n: number) => Promise<unknown>): Promise<number> {
  let next = 0
  const ms = await timed(() =>
    Promise.all(
      Array.from({ length: inFlight }, async () => {
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
    limits: { wallMs: 10_000, memoryBytes: 2 ** 24, diskBytes: 2 ** 20, outputBytes: 2 ** 20 }
  }
}
