import type { AgreementId } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { createBreakableStore } from '../store/breakable-store.ts'
import { createWorld, DONE, PRICE } from './world.ts'

const usage = (runMs: number) => ({ runMs, memoryBytes: 1, outputBytes: 0, fuel: 0 })

describe('an agreement whose change the disk refuses', () => {
  it('tells of no receipt that is not stored, so that none is ever signed twice', async () => {
    const store = await createBreakableStore()
    const world = await createWorld({ store })
    const id = (await world.agree(world.demand(1))) as AgreementId
    store.isBroken = true
    const finished = world.engine.apply(id, DONE)
    // The buyer asks while the result is on its way to disk.
    const asked = world.engine.apply(id, { type: 'resumed' })
    await expect(finished).rejects.toMatchObject({ code: 'E_STORE' })
    await expect(asked).rejects.toMatchObject({ code: 'E_STORE' })
    expect(world.receipts).toEqual([])
    expect(world.state(id)).toMatchObject({ phase: { code: 'running' }, receipts: [] })

    store.isBroken = false
    await world.engine.apply(id, { type: 'resumed' })
    expect(world.receipts).toEqual([])
    await world.engine.apply(id, { ...DONE, usage: usage(9) })
    expect(world.receipts).toMatchObject([{ sequence: 0, usage: { runMs: 9 } }])
    expect(await world.records.agreements.get(id)).toMatchObject({ receipts: [{ usage: { runMs: 9 } }] })
  })

  it('is answered from what is stored when a buyer asks while a change is under way', async () => {
    const world = await createWorld()
    const id = (await world.agree(world.demand(1))) as AgreementId
    const order: string[] = []
    const { commit } = world.store
    world.store.commit = ops => commit(ops).then(() => void order.push('stored'))
    const finished = world.engine.apply(id, DONE)
    const asked = world.engine.apply(id, { type: 'resumed' }).then(() => order.push('asked'))
    expect(world.receipts).toEqual([])
    await Promise.all([finished, asked])
    expect(order[0]).toBe('stored')
    expect(new Set(world.receipts.map(({ issuedAt }) => issuedAt)).size).toBe(1)
  })

  it('is refused, stopped and costs its buyer nothing when it is new', async () => {
    const store = await createBreakableStore()
    const world = await createWorld({ store, deposit: PRICE })
    // The channel is looked at and stored before.
    const first = (await world.agree(world.demand(1))) as AgreementId
    await world.engine.apply(first, { type: 'cancelled' })
    store.isBroken = true
    expect(await world.agree(world.demand(2))).toBe('E_STORE')
    expect(world.told.slice(-2)).toEqual(['execute', 'stop'])
    expect(world.engine.counts().running).toBe(0)
    store.isBroken = false
    expect(await world.agree(world.demand(3))).toMatch(/^0x/)
  })
})
