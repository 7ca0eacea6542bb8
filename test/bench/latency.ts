import type { JobTimings } from '@archipel/client'
import type { Bench } from './bench.ts'
import { type Spread, spreadOf } from './statistics.ts'

export type LatencyReport = {
  readonly firstJob: JobTimings
  readonly warm: Record<keyof JobTimings, Spread>
  readonly jobs: number
}

/** One no-op job after another: the first pays for discovery, channel and process; the others show the warm path. */
export async function measureLatency({ client, noop, log }: Bench, jobs: number): Promise<LatencyReport> {
  log(`latency: 1 + ${jobs} no-op jobs, one at a time …`)
  const first = await client.runJob(noop)
  const warm: JobTimings[] = []
  for (let i = 0; i < jobs; i++) warm.push((await client.runJob(noop)).timings)
  const stages = Object.keys(first.timings) as (keyof JobTimings)[]
  return {
    jobs,
    firstJob: first.timings,
    warm: Object.fromEntries(
      stages.map(stage => [stage, spreadOf(warm.map(timings => timings[stage]))])
    ) as LatencyReport['warm']
  }
}
