import { CodedError } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { OVERDUE_MAX } from '../../src/agreement/credit.ts'
import { buyer, createWorld, DONE, PRICE } from './world.ts'

describe('accepting', () => {
  it('goes on with an agreement that exists, however often it is accepted', async () => {
    const world = await createWorld()
    const demand = world.demand(1)
    const id = await world.agree(demand)
    await world.engine.apply(id as never, DONE)
    world.clock.nowSec++
    expect(await world.agree(demand)).toBe(id)
    expect(world.state(id).phase.code).toBe('delivered')
    expect(world.told).toEqual(['execute', 'receipt', 'receipt'])
  })

  it('forgets no debt of a buyer that accepts again and cancels', async () => {
    const world = await createWorld({ deposit: 10n ** 9n })
    let results = 0
    for (let n = 1; n < 100; n++) {
      const demand = world.demand(n)
      const id = await world.agree(demand)
      if (!id.startsWith('0x')) break
      await world.engine.apply(id as never, DONE)
      results++
      world.clock.nowSec++
      await world.agree(demand)
      await world.say({ type: 'cancel', value: { agreement: id as never } })
      world.clock.nowSec += 12
    }
    expect(results).toBe(OVERDUE_MAX + 1)
    expect(world.credit.isGood(buyer.address)).toBe(false)
  })

  it('refuses a bid whose buyer lost its credit since', async () => {
    const world = await createWorld({ deposit: 10n ** 9n })
    const last = world.demand(1000)
    expect((await world.say({ type: 'demand', value: last }))?.type).toBe('bid')
    for (let n = 0; n <= OVERDUE_MAX; n++) {
      const id = await world.agree(world.demand(n))
      await world.engine.apply(id as never, DONE)
    }
    world.clock.nowSec += 12
    expect(await world.agree(last)).toBe('E_UNPAID')
  })

  it('gives one outcome to acceptances that come at once', async () => {
    const world = await createWorld()
    const demand = world.demand(1)
    const [one, two] = await Promise.all([world.agree(demand), world.agree(demand)])
    expect(one).toMatch(/^0x/)
    expect(two).toBe(one)
    expect(world.told).toEqual(['execute'])
  })

  it('never overwrites an agreement', async () => {
    const world = await createWorld()
    const id = await world.agree(world.demand(1))
    await expect(world.engine.add(world.state(id))).rejects.toThrow(CodedError)
  })
})

describe('money set aside', () => {
  it('is released once for an agreement that ends before a restart took it up', async () => {
    const before = await createWorld({ deposit: PRICE })
    const id = await before.agree(before.demand(1, { deadline: before.clock.nowSec + 600 }))
    const world = await createWorld({ store: before.store, clock: before.clock, deposit: PRICE })
    await world.channels.start()
    await world.say({ type: 'cancel', value: { agreement: id as never } })
    await world.engine.restart()
    expect(await world.agree(world.demand(2))).toMatch(/^0x/)
    expect(await world.agree(world.demand(3))).toBe('E_CHANNEL_SHORT')
  })

  it('is taken again at a restart, once', async () => {
    const before = await createWorld({ deposit: 2n * PRICE })
    await before.agree(before.demand(1))
    const world = await createWorld({ store: before.store, clock: before.clock, deposit: 2n * PRICE })
    await world.channels.start()
    await world.engine.restart()
    await world.engine.restart()
    expect(await world.agree(world.demand(2))).toMatch(/^0x/)
    expect(await world.agree(world.demand(3))).toBe('E_CHANNEL_SHORT')
  })

  it('is free again when the buyer wants nothing more of what was delivered; the debt stays', async () => {
    const world = await createWorld({ deposit: PRICE })
    const id = await world.agree(world.demand(1, { deadline: world.clock.nowSec + 600 }))
    await world.engine.apply(id as never, DONE)
    expect(await world.agree(world.demand(2))).toBe('E_CHANNEL_SHORT')
    await world.say({ type: 'cancel', value: { agreement: id as never } })
    expect(world.state(id).phase.code).toBe('delivered')
    expect(await world.agree(world.demand(3))).toMatch(/^0x/)
  })

  it('is free again a tick after the deadline', async () => {
    const world = await createWorld({ deposit: PRICE })
    const id = await world.agree(world.demand(1))
    await world.engine.apply(id as never, DONE)
    world.clock.nowSec += 69
    expect(await world.agree(world.demand(2))).toBe('E_CHANNEL_SHORT')
    world.clock.nowSec += 1
    expect(await world.agree(world.demand(3))).toMatch(/^0x/)
  })
})
