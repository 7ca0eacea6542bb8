import { expect, it } from 'vitest'
import { FUEL_PER_SEC, fuelFor, measureOf, tickWork, workMax, workOf } from '../../src/index.ts'

const usage = { runMs: 1_500, fuel: 7 }

it('is fuel where the demand bounds fuel', () => {
  const demand = { durationSec: 60, fuel: 5_000 }
  expect(measureOf(demand).unit).toBe('fuel')
  expect(workOf(demand, usage)).toBe(7)
  expect(workMax(demand)).toBe(5_000)
  expect(tickWork(demand, 2)).toBe(2 * FUEL_PER_SEC)
})

it('is bounded by what a fast processor burns where only the time is known, and by what can be counted', () => {
  expect(fuelFor(60)).toBe(60 * FUEL_PER_SEC)
  expect(fuelFor(366 * 86_400)).toBe(Number.MAX_SAFE_INTEGER)
})

it('is running time where it does not', () => {
  const demand = { durationSec: 60, fuel: 0 }
  expect(measureOf(demand).unit).toBe('ms')
  expect(workOf(demand, usage)).toBe(1_500)
  expect(workMax(demand)).toBe(60_000)
  expect(tickWork(demand, 2)).toBe(2_000)
})
