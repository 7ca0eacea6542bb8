import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createBench } from './bench.ts'
import { measureBlobs } from './blobs/measure.ts'
import { measureContainers } from './containers.ts'
import { measureCpu } from './cpu.ts'
import { measureExecutor } from './executor.ts'
import { measureGas } from './gas.ts'
import { measureIdle } from './idle.ts'
import { measureLatency } from './latency.ts'
import { measureOffers } from './offers.ts'
import { printReport } from './report.ts'
import { measureSynced } from './synced.ts'
import { measureThroughput } from './throughput.ts'

/**
 * `npm run bench`: one provider process, one buyer in this process, a real chain. Prints a table and, with `--json`,
 * the same figures as JSON on stdout. Absolute figures depend on the machine; ratios within one run do not.
 */
const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } }
})
const dir = await mkdtemp(join(tmpdir(), 'archipel-bench-'))
const log = (line: string) => process.stderr.write(`${line}\n`)

const bench = await createBench(dir, log)
try {
  const rounds = values.quick ? 0.1 : 1
  const report = {
    schemaVersion: 1,
    date: new Date().toISOString(),
    node: process.version,
    // First, while the node has done nothing yet.
    idle: await measureIdle(bench, values.quick ? 2000 : 15_000),
    latency: await measureLatency(bench, Math.ceil(300 * rounds)),
    synced: await measureSynced(dir, values.quick ? 2 : 10, log),
    throughput: await measureThroughput(bench, Math.ceil(4000 * rounds)),
    executor: await measureExecutor(values.quick ? 3 : 30, log),
    containers: await measureContainers(values.quick ? 3 : 30, log),
    cpu: await measureCpu(log),
    blobs: await measureBlobs(dir, values.quick, log),
    offers: await measureOffers(values.quick, log),
    gas: await measureGas(bench, values.quick ? [1, 10] : [1, 10, 100, 1000])
  }
  printReport(report, log)
  if (values.json)
    process.stdout.write(
      `${JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? String(value) : value), 2)}\n`
    )
} finally {
  await bench.stop()
  await rm(dir, { recursive: true, force: true })
}
