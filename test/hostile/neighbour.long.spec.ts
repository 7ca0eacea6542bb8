import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Executor } from '../../packages/node/src/executor/index.ts'
import { round } from '../bench/statistics.ts'
import { type Aim, aims } from './corpus.ts'
import type { HostileExecutor } from './executor.ts'
import { wasm } from './wasm/wasm.ts'

const EXECUTORS: readonly HostileExecutor[] = [wasm]
/** How much longer a neighbour's slowest jobs may take beside a hostile program than without. */
const RATIO_MAX = 1.2
/** Windows with and without take turns, so that what else the machine does meets both alike. */
const WINDOWS = 10
const JOBS_PER_WINDOW = 30
const never = new AbortController().signal

describe.each(EXECUTORS)('a neighbour of hostile programs on $runtime', hostile => {
  const executor: Executor = hostile.create()
  beforeAll(() => executor.start())
  afterAll(() => executor.stop())

  it.each(aims)(`takes at most ${RATIO_MAX} times as long as alone (p99) beside: %s`, async aim => {
    const alone: number[] = []
    const beside: number[] = []
    await serve(JOBS_PER_WINDOW)
    for (let window = 0; window < WINDOWS; window++) {
      alone.push(...(await serve(JOBS_PER_WINDOW)))
      const stop = keepAttacking(aim)
      beside.push(...(await serve(JOBS_PER_WINDOW)))
      await stop()
    }
    const ratio = round(p99(beside) / p99(alone))
    console.info(`${aim}: p99 ${round(p99(alone))} ms alone, ${round(p99(beside))} ms beside it: ${ratio}`)
    expect(ratio).toBeLessThanOrEqual(RATIO_MAX)
  })

  async function serve(jobs: number): Promise<number[]> {
    const times: number[] = []
    for (let n = 0; n < jobs; n++) {
      const startedMs = performance.now()
      await executor.run({ ...hostile.neighbour, tenant: 'neighbour' }, { signal: never })
      times.push(performance.now() - startedMs)
    }
    return times
  }

  /** One hostile program after another, until told to stop. */
  function keepAttacking(aim: Aim): () => Promise<void> {
    const controller = new AbortController()
    const attacking = (async () => {
      while (!controller.signal.aborted) {
        const job = { ...hostile.programs[aim].job, tenant: 'mallory' }
        await executor.run(job, { signal: controller.signal }).catch(() => {})
      }
    })()
    return () => {
      controller.abort()
      return attacking
    }
  }
})

function p99(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))]!
}
