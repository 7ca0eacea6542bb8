import { isCodedError } from '@archipel/protocol'
import { expect } from 'vitest'
import type { ExecutionResult, Executor } from '../../packages/node/src/executor/index.ts'
import type { HostileProgram } from './executor.ts'

export interface Sighting {
  /** What the buyer sees: a coded reason and whose fault it is, or an exit code. */
  readonly seen: string
  readonly afterMs: number
}

/** Runs a hostile program and holds it to what must become of it. */
export async function attack(
  executor: Executor,
  { job, ends, withinMs }: HostileProgram,
  tenant = 'mallory'
): Promise<Sighting> {
  const startedMs = performance.now()
  const outcome = await run(executor, { ...job, tenant }, withinMs)
  const afterMs = performance.now() - startedMs
  expect(afterMs).toBeLessThan(withinMs)
  if ('result' in outcome) {
    if (typeof ends !== 'function') throw new Error(`it ended by itself with ${outcome.result.exitCode}`)
    ends(outcome.result)
    return { seen: 'its result', afterMs }
  }
  if (typeof ends === 'function') throw outcome.failure
  if (!isCodedError(outcome.failure)) throw outcome.failure
  const { code, facts } = outcome.failure
  expect(ends).toContain(code)
  expect(['program', 'buyer']).toContain(facts.fault)
  return { seen: `${code}, fault of the ${facts.fault}`, afterMs }
}

async function run(
  executor: Executor,
  job: Parameters<Executor['run']>[0],
  withinMs: number
): Promise<{ result: ExecutionResult } | { failure: unknown }> {
  try {
    return { result: await executor.run(job, { signal: AbortSignal.timeout(withinMs) }) }
  } catch (failure) {
    return { failure }
  }
}

/** As docs/hostile.md and the test's own output show it. */
export function attackTable(rows: readonly (readonly string[])[]): string {
  return rows.map(cells => `| ${cells.join(' | ')} |`).join('\n')
}
