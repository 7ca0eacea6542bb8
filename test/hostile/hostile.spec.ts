import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Executor } from '../../packages/node/src/executor/index.ts'
import { attack, attackTable, type Sighting } from './attack.ts'
import { AIMS, aims } from './corpus.ts'
import type { HostileExecutor } from './executor.ts'
import { wasm } from './wasm/wasm.ts'

/** Every executor that runs strangers' programs goes through the corpus. */
const EXECUTORS: readonly HostileExecutor[] = [wasm]

const NEIGHBOUR_MS_MAX = 10_000
const never = new AbortController().signal

describe.each(EXECUTORS)('hostile programs on $runtime', hostile => {
  const executor: Executor = hostile.create()
  const sightings = new Map<string, Sighting>()
  beforeAll(() => executor.start())
  afterAll(async () => {
    await executor.stop()
    const rows = aims.map(aim => {
      const { seen = '–', afterMs = Number.NaN } = sightings.get(aim) ?? {}
      return [aim, hostile.runtime, hostile.programs[aim].stoppedBy, `${Math.round(afterMs)} ms`, seen]
    })
    console.info(attackTable([['program', 'executor', 'stopped by', 'after', 'the buyer sees'], ...rows]))
  })

  const serveNeighbour = async () => {
    const startedMs = performance.now()
    const result = await executor.run({ ...hostile.neighbour, tenant: 'neighbour' }, { signal: never })
    expect(result.exitCode).toBe(0)
    expect(performance.now() - startedMs).toBeLessThan(NEIGHBOUR_MS_MAX)
  }

  it.each(aims)('%s: is contained, told, and felt by nobody', async aim => {
    await serveNeighbour()
    const attacking = attack(executor, hostile.programs[aim])
    await Promise.all([attacking, serveNeighbour()])
    sightings.set(aim, await attacking)
    // And the node that ran it goes on, for the hostile one too.
    await executor.run({ ...hostile.neighbour, tenant: 'mallory' }, { signal: never })
    await serveNeighbour()
  })

  it('is told in the documentation as it is here', () => {
    const documented = readFileSync(new URL('../../docs/hostile.md', import.meta.url), 'utf8')
    for (const aim of aims) {
      const { stoppedBy, ends } = hostile.programs[aim]
      const seen = typeof ends === 'function' ? 'a result that shows nothing' : ends.join(' or ')
      expect(documented).toContain(attackTable([[aim, AIMS[aim], hostile.runtime, stoppedBy, seen]]))
    }
  })
})
