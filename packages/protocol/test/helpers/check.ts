import fc from 'fast-check'
import { expect } from 'vitest'
import { isCodedError } from '../../src/index.ts'

/** The same values on each run. `FC_SEED=…` tries others; a failure prints the seed and the smallest counterexample. */
const SEED = Number(process.env.FC_SEED ?? 0x417263)
/** `FC_RUNS=10` runs ten times as many. */
const RUNS_FACTOR = Number(process.env.FC_RUNS ?? 1)

/** Asserts that a property holds for `runs` generated values. */
export function check<T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>, runs = 200): void {
  fc.assert(property, { seed: SEED, numRuns: runs * RUNS_FACTOR })
}

/** Code of the error that `run` throws; undefined when it throws none. Anything but a coded error is thrown on. */
export function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (err) {
    if (isCodedError(err)) return err.code
    throw err
  }
}

/** Asserts that `run` throws exactly this code. */
export function expectCode(run: () => unknown, code: string): void {
  expect(codeOf(run)).toBe(code)
}
