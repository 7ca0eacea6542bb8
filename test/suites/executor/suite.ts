import { describe } from 'vitest'
import type { BackEnd } from './back-end.ts'
import { lifeCycleCases } from './life-cycle.ts'
import { limitCases } from './limits.ts'
import { resultCases } from './results.ts'

/** What every executor promises; each back end calls this with what the suite must know about it. */
export function executorSuite(name: string, backEnd: BackEnd): void {
  describe(name, () => {
    describe('results', () => resultCases(backEnd))
    describe('limits', () => limitCases(backEnd))
    describe('life cycle', () => lifeCycleCases(backEnd))
  })
}
