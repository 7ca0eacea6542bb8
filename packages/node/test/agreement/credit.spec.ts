import { describe, expect, it } from 'vitest'
import { OVERDUE_MAX } from '../../src/agreement/credit.ts'
import { buyer, createWorld, type World } from './world.ts'

const usage = (runMs: number) => ({ runMs, memoryBytes: 1, outputBytes: 0 })
const TRAP = { code: 'E_WALL_TIME', fault: 'program', message: 'too long' }

/** Lets programs run for a while and fail, until the buyer is refused. */
async function failing(world: World, times: number, fault = 'program'): Promise<string[]> {
  const ids: string[] = []
  for (let n = 1; n <= times; n++) {
    const id = await world.agree(world.demand(n))
    if (!id.startsWith('0x')) break
    await world.engine.apply(id as never, { type: 'failed', failure: { ...TRAP, fault }, usage: usage(4000) })
    ids.push(id)
    world.clock.nowSec += 12
  }
  return ids
}

describe('credit', () => {
  it('counts time that failed programs used and nobody paid', async () => {
    const world = await createWorld({ deposit: 10n ** 9n })
    expect(await failing(world, 100)).toHaveLength(OVERDUE_MAX + 1)
    expect(world.credit.isGood(buyer.address)).toBe(false)
  })

  it('counts unpaid ticks of agreements that ended for want of payment', async () => {
    const world = await createWorld({ deposit: 10n ** 9n })
    let runs = 0
    for (; runs < 100; runs++) {
      const id = await world.agree(world.demand(runs))
      if (!id.startsWith('0x')) break
      await world.engine.apply(id as never, { type: 'ticked', usage: usage(5_000) })
      await world.engine.apply(id as never, { type: 'ticked', usage: usage(10_000) })
      expect(world.state(id).phase.code).toBe('failed')
      world.clock.nowSec += 12
    }
    expect(runs).toBe(OVERDUE_MAX + 1)
  })

  it('holds failures of our own against nobody', async () => {
    const world = await createWorld({ deposit: 10n ** 9n })
    expect(await failing(world, OVERDUE_MAX + 5, 'host')).toHaveLength(OVERDUE_MAX + 5)
  })

  it('is restored by payment, and remembered over a restart until then', async () => {
    const world = await createWorld({ deposit: 10n ** 9n })
    const ids = await failing(world, 100)
    const { store, clock } = world
    const again = await createWorld({ store, clock, deposit: 10n ** 9n })
    await again.channels.start()
    await again.engine.restart()
    expect(again.credit.isGood(buyer.address)).toBe(false)
    await again.engine.apply(ids[0] as never, { type: 'paid', receipts: 1 })
    expect(again.credit.isGood(buyer.address)).toBe(true)
  })
})
