import { describe, expect, it } from 'vitest'
import { exposureOf, OVERDUE_MAX } from '../../src/agreement/credit.ts'
import { address, buyer, channelKey, createWorld, DONE, PRICE, paymentFor, type World } from './world.ts'

const usage = (runMs: number) => ({ runMs, memoryBytes: 1, outputBytes: 0, fuel: 0 })
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

  it('covers what all agreements of a buyer may come to owe at once', async () => {
    // 100 to start and 1 a second: a tick of ten seconds is 110 of the 110 that each costs at most.
    const prices = { startup: PRICE, cpuSec: 1n, memGiBSec: 0n, terafuel: 0n }
    const world = await createWorld({ deposit: 10n ** 9n, prices, unpaidMax: 3n * 110n })
    const ids: string[] = []
    for (let n = 1; n <= 4; n++) ids.push(await world.agree(world.demand(n)))
    expect(ids.map(id => (id.startsWith('0x') ? 'agreed' : id))).toEqual(['agreed', 'agreed', 'agreed', 'E_UNPAID'])
    // Delivered and not paid is owed still; paid is not.
    await world.engine.apply(ids[0] as never, DONE)
    expect(await world.agree(world.demand(5))).toBe('E_UNPAID')
    const { paid: _, ...payment } = paymentFor(channelKey(), world.receipts)
    expect((await world.say({ type: 'payment', value: payment }))?.type).toBe('acknowledgement')
    expect(await world.agree(world.demand(6))).toMatch(/^0x/)
    expect(await world.agree(world.demand(7))).toBe('E_UNPAID')
    // Another buyer's credit is its own.
    expect(world.credit.isGood(address('c'), 330n)).toBe(true)
    expect(world.credit.isGood(address('c'), 331n)).toBe(false)
  })

  it('lets no agreement run more than a tick ahead of its payment', async () => {
    const world = await createWorld({
      deposit: 10n ** 9n,
      prices: { startup: 0n, cpuSec: 10n, memGiBSec: 0n, terafuel: 0n }
    })
    const id = await world.agree(world.demand(1, { durationSec: 60 }))
    const owed = () => (world.state(id).receipts.at(-1)?.amount ?? 0n) - world.state(id).paid
    for (let runMs = 1000; world.state(id).phase.code === 'running'; runMs += 1000) {
      await world.engine.apply(id as never, { type: 'ticked', usage: usage(runMs) })
      expect(owed()).toBeLessThanOrEqual(exposureOf({ fuel: 0 }, world.state(id).bid.body))
    }
    expect(world.state(id).phase).toMatchObject({ failure: { code: 'E_UNPAID' } })
  })
})
