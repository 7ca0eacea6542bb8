import type { BlobReport } from './blobs/measure.ts'
import type { ContainersReport } from './containers.ts'
import type { CpuReport } from './cpu.ts'
import type { ExecutorReport } from './executor.ts'
import type { GasReport } from './gas.ts'
import type { IdleReport } from './idle.ts'
import type { LatencyReport } from './latency.ts'
import type { OffersReport } from './offers.ts'
import { round } from './statistics.ts'
import type { SyncedReport } from './synced.ts'
import type { ThroughputReport } from './throughput.ts'

export interface BenchReport {
  readonly latency: LatencyReport
  readonly throughput: readonly ThroughputReport[]
  readonly synced: readonly SyncedReport[]
  readonly executor: ExecutorReport
  readonly containers: ContainersReport
  readonly cpu: readonly CpuReport[]
  readonly blobs: readonly BlobReport[]
  readonly offers: OffersReport
  readonly gas: readonly GasReport[]
  readonly idle: IdleReport
}

/** The figures as tables for people. */
export function printReport(
  { latency, throughput, synced, executor, containers, cpu, blobs, offers, gas, idle }: BenchReport,
  log: (line: string) => void
): void {
  const table = (title: string, header: readonly string[], rows: readonly (readonly (string | number)[])[]) => {
    const cells = [header, ...rows].map(row => row.map(String))
    const widths = header.map((_, i) => Math.max(...cells.map(row => row[i]?.length ?? 0)))
    log(`\n${title}`)
    for (const row of cells)
      log(
        `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}`
      )
  }
  table(
    `One no-op job, milliseconds (${latency.jobs} warm jobs)`,
    ['stage', 'first', 'p50', 'p95', 'max'],
    Object.entries(latency.warm).map(([stage, { p50, p95, max }]) => [
      stage.replace(/Ms$/, ''),
      round(latency.firstJob[stage as keyof typeof latency.firstJob]),
      p50,
      p95,
      max
    ])
  )
  table(
    'No-op jobs through one provider for one buyer',
    ['in flight', 'jobs/s', 'p50 ms', 'p95 ms'],
    throughput.map(({ inFlight, jobsPerSec, latencyMs }) => [inFlight, jobsPerSec, latencyMs.p50, latencyMs.p95])
  )
  table(
    'Accepts and vouchers on disk before they are answered, through one provider',
    ['streams', 'accepts/s', 'p50 ms', 'p95 ms', 'CPU µs', 'vouchers/s', 'p50 ms', 'p95 ms', 'CPU µs'],
    synced.map(({ streams, acceptsPerSec, vouchersPerSec, acceptCpuUs, voucherCpuUs, acceptMs, voucherMs }) => [
      ...[streams, acceptsPerSec, acceptMs.p50, acceptMs.p95, acceptCpuUs],
      ...[vouchersPerSec, voucherMs.p50, voucherMs.p95, voucherCpuUs]
    ])
  )
  table(
    `No-op programs through the executor alone (${executor.isolation.join(', ')})`,
    ['job', 'p50 ms', 'p95 ms', 'of Node’s start', 'target'],
    executor.rows.map(({ job, ms, perNodeStart, target }) => [job, ms.p50, ms.p95, perNodeStart, target])
  )
  table(
    'Such programs a second, as many at once as there are processors',
    ['tenants', 'jobs/s', 'for each start of Node', 'target'],
    executor.rates.map(({ tenants, perSec, perNodeStart, target }) => [tenants, perSec, perNodeStart, target])
  )
  if ('skipped' in containers) log(`\nContainers that do nothing: skipped: ${containers.skipped}`)
  else
    table(
      `Containers that do nothing, until they are gone (${containers.runtime})`,
      ['way', 'p50 ms', 'p95 ms', 'of docker run', 'target'],
      containers.rows.map(({ what, ms, perDockerRun, target }) => [what, ms.p50, ms.p95, perDockerRun, target])
    )
  table(
    'Programs that only compute, as multiples of Node’s own WebAssembly',
    ['program', 'plain ms', 'confined', 'with fuel', 'Mfuel'],
    cpu.map(({ program, plainMs, confined, metered, megaFuel }) => [program, plainMs, confined, metered, megaFuel])
  )
  table(
    'Blobs from disk to disk, beside a bare noise and yamux stream of as many bytes',
    ['what', 'from', 'MiB', 'blocks', 'MiB/s', 'bare', 'ratio', 'CPU ms/MiB', 'bare', 'memory +MiB'],
    blobs.map(
      ({ what, sources, mib, blocks, mibPerSec, rawMibPerSec, ratio, cpuMsPerMib, rawCpuMsPerMib, rssGrowthMib }) => [
        ...[what, sources, mib, blocks, mibPerSec, rawMibPerSec, ratio, cpuMsPerMib, rawCpuMsPerMib, rssGrowthMib]
      ]
    )
  )
  table(
    'Offers, one core',
    ['verified/s', 'of it recovery', 'in a book of', 'found', 'query p50 ms', 'p95 ms'],
    [
      [
        ...[offers.verifiedPerSec, offers.recoverShare, offers.query.offers, offers.query.found],
        ...[offers.query.ms.p50, offers.query.ms.p95]
      ]
    ]
  )
  table(
    'Fetching another’s book',
    ['when', 'offers', 'new', 'KiB', 'of all', 'ms'],
    offers.syncs.map(({ what, offers, news, kib, ofWhole, ms }) => [what, offers, news, kib, ofWhole, ms])
  )
  table(
    'Gas, jobs on one channel from open to close',
    ['jobs', 'open', 'redeem', 'close', 'per job'],
    gas.map(({ jobs, open, redeem, close, perJob }) => [jobs, open, redeem, close, perJob])
  )
  table('Idle node', ['seconds', 'RSS MiB', 'CPU %'], [[idle.seconds, idle.rssMiB, idle.cpuPercent]])
}
