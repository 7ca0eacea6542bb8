import { afterEach, describe, expect, it, vi } from 'vitest'
import { READS_PER_ROUND_MAX } from '../../src/redeem/reconciler.ts'
import { CLOSE_AT, createFakeChain, createRedeemWorld, down, record } from './world.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function started(...init: Parameters<typeof createRedeemWorld>) {
  const world = await createRedeemWorld(...init)
  stops.push(world.reconciler.stop)
  world.reconciler.start()
  return world
}

const swept = (world: Awaited<ReturnType<typeof started>>) =>
  vi.waitFor(() => expect(world.reconciler.status().sweptAt).toBeDefined(), { timeout: 5000 })

describe('the reconciler', () => {
  it.each([
    ['paid by somebody else', { settled: 10n }],
    ['topped up', { deposit: 500n }],
    ['closing', { closeAt: CLOSE_AT }],
    ['closed and emptied', { deposit: 0n }]
  ])('finds at start what was missed: a channel %s', async (_, change) => {
    const one = record(1)
    const world = await started({ stored: [one], chain: createFakeChain([{ ...one, ...change }]) })
    await vi.waitFor(async () => expect(await world.records.channels.get(one.id)).toMatchObject(change))
    expect(world.reconciler.status()).toMatchObject({ repaired: 1 })
  })

  it('has a payment that a reorganisation took back redeemed again', async () => {
    const one = record(1, { settled: 10n, dueSince: 0, deposit: 10n })
    const world = await started({ stored: [one], chain: createFakeChain([{ ...one, settled: 0n }]) })
    await vi.waitFor(() => expect(world.chain.transactions).toEqual([[one.id]]))
    await world.redeemer.stop()
    expect(await world.records.channels.get(one.id)).toMatchObject({ settled: 10n })
  })

  it('reaches channels beyond those in memory, and redeems what shows there', async () => {
    // Everything was redeemed; of the last one the chain has taken it back.
    const stored = Array.from({ length: 100 }, (_, n) => record(n, { settled: 10n, dueSince: 0 })).sort((a, b) =>
      a.id < b.id ? -1 : 1
    )
    const last = stored.at(-1)!
    const chain = createFakeChain(stored)
    chain.channels.set(last.id, { deposit: 100n, settled: 3n, closeAt: 0 })
    const world = await started({ stored, chain, channelsMax: 5 })
    expect(world.books.size).toBe(5)
    await vi.waitFor(() => expect(chain.transactions).toEqual([[last.id]]), { timeout: 5000 })
    await swept(world)
    expect(new Set(chain.reads).size).toBe(100)
    await world.redeemer.stop()
    expect(await world.records.channels.get(last.id)).toMatchObject({ settled: 10n })
    // It was there for its voucher alone.
    expect(world.books.size).toBe(5)
    expect(world.books.totals()).toMatchObject([{ vouchered: 1000n, redeemed: 1000n }])
  })

  it('reads no more in a round than it may', async () => {
    const stored = Array.from({ length: READS_PER_ROUND_MAX + 1 }, (_, n) => record(n))
    const chain = createFakeChain(stored)
    let round = 0
    const perRound: number[] = []
    const world = await createRedeemWorld({ stored, chain, intervalMs: 500 })
    stops.push(world.reconciler.stop)
    chain.onRead = () => {
      perRound[round] = (perRound[round] ?? 0) + 1
    }
    world.reconciler.start()
    await vi.waitFor(() => expect(perRound[0]).toBe(READS_PER_ROUND_MAX))
    round = 1
    await vi.waitFor(() => expect(perRound[1]).toBe(1))
  })

  it('leaves fresh channels alone', async () => {
    const world = await started({ stored: [record(1), record(2)] })
    await swept(world)
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(world.chain.reads).toHaveLength(2)
  })

  it('goes on where it was when the chain is back', async () => {
    const stored = Array.from({ length: 20 }, (_, n) => record(n, { settled: 10n, dueSince: 0 }))
    const chain = createFakeChain(stored)
    let isDown = true
    chain.onRead = () => {
      if (isDown) throw down()
    }
    const world = await started({ stored, chain, channelsMax: 2 })
    await vi.waitFor(() => expect(chain.reads.length).toBeGreaterThan(5))
    expect(world.reconciler.status()).toEqual({ sweptAt: undefined, reads: 0, repaired: 0 })
    isDown = false
    await swept(world)
    expect(world.reconciler.status().reads).toBe(20)
  })
})
