import type { Bench } from './bench.ts'
import { round, spreadOf } from './statistics.ts'

export interface ThroughputReport {
  readonly inFlight: number
  readonly jobs: number
  readonly jobsPerSec: number
  readonly latencyMs: ReturnType<typeof spreadOf>
}

/** No-op jobs per second through one provider for one buyer, with more and more of them in flight. */
export async function measureThroughput(bench: Bench, jobs: number): Promise<ThroughputReport[]> {
  const reports: ThroughputReport[] = []
  for (const inFlight of [8, 32, 64]) reports.push(await measure(bench, jobs, inFlight))
  return reports
}

async function measure({ client, noop, log }: Bench, jobs: number, inFlight: number): Promise<ThroughputReport> {
  log(`throughput: ${jobs} no-op jobs, ${inFlight} in flight …`)
  const latencies: number[] = []
  let left = jobs
  const startMs = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) {
        const jobMs = performance.now()
        await client.runJob(noop)
        latencies.push(performance.now() - jobMs)
      }
    })
  )
  const seconds = (performance.now() - startMs) / 1000
  return { inFlight, jobs, jobsPerSec: round(jobs / seconds), latencyMs: spreadOf(latencies) }
}
