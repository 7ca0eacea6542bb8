import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from './bench.ts'
import { round } from './statistics.ts'

export interface IdleReport {
  readonly seconds: number
  readonly rssMiB: number
  /** Share of one core. */
  readonly cpuPercent: number
}

const CLOCK_TICKS_PER_SEC = 100

/** Memory and CPU of a provider's node process that has nothing to do (Linux only: reads /proc). */
export async function measureIdle({ provider, log }: Bench, forMs: number): Promise<IdleReport> {
  const { pid } = provider
  if (pid === undefined) throw new Error('the provider is not running')
  log(`idle: watching the node for ${forMs / 1000} s …`)
  const before = cpuSec(pid)
  await sleep(forMs)
  const cpu = (cpuSec(pid) - before) / (forMs / 1000)
  const rssKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  return { seconds: forMs / 1000, rssMiB: round(rssKb / 1024), cpuPercent: round(cpu * 100) }
}

/** User and system time so far (proc(5), fields 14 and 15). */
function cpuSec(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SEC
}
