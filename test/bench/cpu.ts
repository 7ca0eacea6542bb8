import { createHash } from 'node:crypto'
import { createWasmExecutor, type ExecutionJob } from 'archipel'
import { CPU_PROGRAMS } from './cpu-programs.ts'
import { round } from './statistics.ts'

export interface CpuReport {
  readonly program: string
  /** In this process, by Node's own WebAssembly. */
  readonly plainMs: number
  /** The same as a job, as multiples of that. */
  readonly confined: number
  readonly metered: number
  /** Instructions, in millions. */
  readonly megaFuel: number
}

const ROUNDS = 7
const FUEL = 1e12

/** What confinement and fuel cost a program that only computes: the best of several rounds, one way after the other. */
export async function measureCpu(log: (line: string) => void): Promise<CpuReport[]> {
  const executor = createWasmExecutor()
  await executor.start()
  try {
    const reports: CpuReport[] = []
    for (const [program, bytes] of Object.entries(CPU_PROGRAMS)) {
      log(`computing: ${program} …`)
      const run = async (fuel: number | undefined) => {
        const { usage } = await executor.run(jobOf(program, bytes, fuel), { signal: new AbortController().signal })
        return usage
      }
      const best = { plain: Infinity, confined: Infinity, metered: Infinity }
      let fuel = 0
      for (let i = 0; i < ROUNDS; i++) {
        best.plain = Math.min(best.plain, runPlainly(bytes))
        best.confined = Math.min(best.confined, (await run(undefined)).runMs)
        const metered = await run(FUEL)
        best.metered = Math.min(best.metered, metered.runMs)
        fuel = metered.fuel ?? 0
      }
      reports.push({
        program,
        plainMs: round(best.plain),
        confined: round(best.confined / best.plain),
        metered: round(best.metered / best.plain),
        megaFuel: Math.round(fuel / 1e6)
      })
    }
    return reports
  } finally {
    await executor.stop()
  }
}

/** A new instance each time, as a job has one. */
function runPlainly(bytes: Uint8Array): number {
  const startMs = performance.now()
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource))
  const start = exports._start as () => void
  start()
  return performance.now() - startMs
}

function jobOf(name: string, bytes: Uint8Array, fuel: number | undefined): ExecutionJob {
  return {
    tenant: 'bench',
    program: { cid: createHash('sha256').update(bytes).digest('hex'), load: async () => bytes },
    args: [name],
    env: [],
    files: [],
    limits: {
      wallMs: 120_000,
      memoryBytes: 2 ** 24,
      diskBytes: 2 ** 20,
      outputBytes: 2 ** 20,
      ...(fuel === undefined ? {} : { fuel })
    }
  }
}
