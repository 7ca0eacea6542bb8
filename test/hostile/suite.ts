import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Executor } from '../../packages/node/src/executor/index.ts'
import { attack, attackTable, type Sighting } from './attack.ts'
import { aims } from './corpus.ts'
import type { HostileExecutor } from './executor.ts'

const NEIGHBOUR_MS_MAX = 10_000
const never = new AbortController().signal

/** Runs the corpus on one executor, beside an honest neighbour. */
export function hostileSuite(hostile: HostileExecutor): void {
  describe.skipIf(!hostile.isHere)(`hostile programs on ${hostile.runtime}`, () => {
    let executor: Executor
    const sightings = new Map<string, Sighting>()
    beforeAll(async () => {
      await hostile.open()
      executor = hostile.create()
      await executor.start()
      await serveNeighbour()
    })
    afterAll(async () => {
      await executor?.stop()
      await hostile.close()
      const rows = aims.map(aim => {
        const { seen = '–', afterMs = Number.NaN } = sightings.get(aim) ?? {}
        return [aim, hostile.runtime, hostile.programs[aim].stoppedBy, `${Math.round(afterMs)} ms`, seen]
      })
      console.info(attackTable([['program', 'executor', 'stopped by', 'after', 'the buyer sees'], ...rows]))
    })

    async function serveNeighbour(tenant = 'neighbour'): Promise<void> {
      const startedMs = performance.now()
      const result = await executor.run({ ...hostile.neighbour, tenant }, { signal: never })
      expect(result.exitCode).toBe(0)
      expect(performance.now() - startedMs).toBeLessThan(NEIGHBOUR_MS_MAX)
    }

    it.each(aims)('%s: is contained, told, and felt by nobody', async aim => {
      const attacking = attack(executor, hostile.programs[aim])
      await Promise.all([attacking, serveNeighbour()])
      sightings.set(aim, await attacking)
      expect(await hostile.leftovers()).toEqual([])
    })

    // Each of those was the next job of the same buyer, after all that came before.
    it('serve their buyer and its neighbour as before, after all of them', async () => {
      await Promise.all([serveNeighbour('mallory'), serveNeighbour()])
    })
  })
}
