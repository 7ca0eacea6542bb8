import { type ChannelId, channelId, type Wei } from '@archipel/protocol'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createChannels } from '../../src/payment/channels.ts'
import { createReconciler, RECONCILE_INTERVAL_MS, SILENT_SEC } from '../../src/payment/reconciler.ts'
import { createSpending } from '../../src/payment/spending/spending.ts'
import { createBuyerRecords } from '../../src/records.ts'
import type { Store } from '../../src/store/index.ts'
import { createHost, NOW, TOKEN } from '../job/host.ts'
import { buyer, createFakeChain, type FakeChain, memoryStore, settle } from '../job/world.ts'
import { rejection } from '../net/peers.ts'

const [alice, bob] = [createHost(1), createHost(2)]

const clock = { nowSec: NOW }

/** A buyer's process: what it has in memory is its own, chain and store are shared with those before it. */
async function createProcess(chain: FakeChain, store: Store) {
  const records = createBuyerRecords(store)
  const spending = createSpending({ records, limits: {}, nowSec: () => NOW })
  const policy = { closeDelaySec: 3600, depositMin: 0n, depositJobs: 1 }
  const place = { records, chain: chain.chain, payer: buyer.address }
  const channels = createChannels({ ...place, token: TOKEN, policy, spending })
  const errors: unknown[] = []
  const reconciler = createReconciler({
    ...place,
    channels,
    nowSec: () => clock.nowSec,
    deployedAt: 0,
    onError: err => errors.push(err)
  })
  return { records, channels, reconciler, errors }
}

async function setUp() {
  const [chain, store] = [createFakeChain(1_000n), await memoryStore()]
  const process = await createProcess(chain, store)
  const { channel } = await process.channels.reserve(alice.offer.offer.body, 100n)
  return { chain, store, ...process, id: channel.id, again: () => createProcess(chain, store) }
}

const held = ({ chain }: { chain: FakeChain }): Wei =>
  chain.balance + [...chain.states.values()].reduce((sum, { deposit, settled }) => sum + deposit - settled, 0n)

describe('a pass', () => {
  it('takes over what the chain says: deposits, payouts and closes', async () => {
    const { chain, reconciler, records, id } = await setUp()
    expect(await reconciler.run()).toEqual({
      left: [],
      found: [],
      changed: [],
      requested: [],
      closed: [],
      held: [],
      failed: []
    })
    chain.states.set(id, { deposit: 80n, settled: 30n, closeAt: NOW + 5 })
    expect((await reconciler.run()).changed).toEqual([id])
    expect(await records.channels.get(id)).toMatchObject({ deposit: 80n, settled: 30n, closeAt: NOW + 5 })
    expect((await reconciler.run()).changed).toEqual([])
  })

  it('asks back what lies with a provider that went silent in the middle of work', async () => {
    const { chain, channels, reconciler, id, again } = await setUp()
    onTestFinished(() => {
      clock.nowSec = NOW
    })
    await channels.lost(alice.offer.offer.body.provider, NOW)
    clock.nowSec = NOW + SILENT_SEC - 1
    expect((await reconciler.run()).left).toEqual([])
    // Heard of again, and lost again: it counts from then on, and so in the next process.
    await channels.heard(alice.offer.offer.body.provider)
    await channels.lost(alice.offer.offer.body.provider, clock.nowSec)
    clock.nowSec = NOW + SILENT_SEC
    const next = await again()
    expect((await next.reconciler.run()).left).toEqual([])
    clock.nowSec = NOW + 2 * SILENT_SEC
    expect((await next.reconciler.run({ lookOnly: true })).left).toEqual([])
    const done = await next.reconciler.run()
    expect(done.left).toMatchObject([{ id, lostAt: NOW + SILENT_SEC - 1 }])
    expect(done.requested).toMatchObject([{ id }])
    expect(chain.closes).toMatchObject([{ type: 'request' }])
    expect((await next.reconciler.run()).left).toEqual([])
  })

  it('does not close what nobody wants closed', async () => {
    const { chain, reconciler, id } = await setUp()
    chain.states.set(id, { deposit: 80n, settled: 30n, closeAt: NOW - 5 })
    await reconciler.run()
    expect(chain.closes).toEqual([])
  })

  it('finds channels whose records were lost, gives them no work, and takes them back', async () => {
    const { chain, id } = await setUp()
    const { channels, reconciler, records } = await createProcess(chain, await memoryStore())
    expect((await reconciler.run()).found).toEqual([id])
    expect((await reconciler.run()).found).toEqual([])
    expect(await records.strays.get(id)).toMatchObject({ deposit: 100n, settled: 0n, closeAt: 0 })
    expect((await channels.reserve(alice.offer.offer.body, 10n)).channel.id).not.toBe(id)
    expect(await reconciler.all()).toContainEqual(
      expect.objectContaining({ id, provider: undefined, cumulative: undefined, deposit: 100n })
    )
    await reconciler.exit([id])
    expect((await reconciler.run()).requested).toMatchObject([{ id }])
    chain.nowSec += 3600
    expect((await reconciler.run()).closed).toEqual([{ id, refunded: 100n, transaction: '0xc2' }])
  })

  it('searches what is new, and the last blocks again', async () => {
    const { chain, reconciler } = await setUp()
    const asked: number[] = []
    const search = chain.chain.channelsOpenedFor
    chain.chain.channelsOpenedFor = (payer, range) => {
      asked.push(range.fromBlock)
      return search(payer, range)
    }
    chain.chain.blockNumber = async () => 1_000
    await reconciler.run()
    await reconciler.run()
    expect(asked).toEqual([0, 1_001 - 64])
  })

  it('does not let one channel keep others from theirs', async () => {
    const { chain, channels, reconciler, id } = await setUp()
    const other = (await channels.reserve(bob.offer.offer.body, 100n)).channel.id
    await reconciler.exit([id, other])
    const request = chain.chain.requestClose
    chain.chain.requestClose = (key, ...rest) =>
      channelId(key) === id ? Promise.reject(new Error('no gas')) : request(key, ...rest)
    const done = await reconciler.run()
    expect(done.requested).toMatchObject([{ id: other }])
    expect(done.failed).toMatchObject([{ id, error: { message: 'no gas' } }])
  })

  it('ends with its signal', async () => {
    const { chain, reconciler } = await setUp()
    const over = new AbortController()
    chain.chain.channelState = async () => {
      over.abort(new Error('stop'))
      throw new Error('asked in vain')
    }
    expect(await rejection(reconciler.run({ signal: over.signal }))).toMatchObject({ message: 'stop' })
  })
})

describe('taking money back', () => {
  it('requests, waits out the delay by the chain’s clock, and closes, once each', async () => {
    const scene = await setUp()
    const { chain, reconciler, records, id } = scene
    await reconciler.exit([id])
    expect((await reconciler.run()).requested).toEqual([{ id, closeAt: NOW + 3600, transaction: '0xc1' }])
    expect(await reconciler.run()).toMatchObject({ requested: [], closed: [], held: [], failed: [] })
    chain.nowSec += 3600
    expect((await reconciler.run()).closed).toEqual([{ id, refunded: 100n, transaction: '0xc2' }])
    expect(await reconciler.run()).toEqual({
      left: [],
      found: [],
      changed: [],
      requested: [],
      closed: [],
      held: [],
      failed: []
    })
    expect(chain.closes.map(({ type }) => type)).toEqual(['request', 'close'])
    expect(chain.balance).toBe(1_000n)
    expect(await records.channels.get(id)).toMatchObject({ deposit: 0n, settled: 0n, closeAt: 0, exit: true })
  })

  it('sends nothing when it may only look', async () => {
    const { chain, reconciler, id } = await setUp()
    await reconciler.exit([id])
    chain.states.set(id, { deposit: 80n, settled: 0n, closeAt: 0 })
    expect(await reconciler.run({ lookOnly: true })).toMatchObject({ changed: [id], requested: [] })
    chain.states.set(id, { deposit: 80n, settled: 0n, closeAt: chain.nowSec })
    expect(await reconciler.run({ lookOnly: true })).toMatchObject({ changed: [id], closed: [] })
    expect(chain.closes).toEqual([])
  })

  it('goes on after a restart at any point, and loses nothing', async () => {
    for (let dieAt = 0; dieAt < 12; dieAt++) {
      const scene = await setUp()
      let left = dieAt
      const step = <T extends unknown[], R>(work: (...args: T) => Promise<R>) => {
        return async (...args: T): Promise<R> => {
          if (left-- === 0) throw new Error('the process is dead')
          const result = await work(...args)
          if (left-- === 0) throw new Error('the process is dead')
          return result
        }
      }
      const { chain } = scene
      const real = { ...chain.chain }
      for (const name of ['channelState', 'requestClose', 'close'] as const) {
        Object.assign(chain.chain, { [name]: step(chain.chain[name] as never) })
      }
      await scene.reconciler.exit([scene.id])
      for (let i = 0; i < 2; i++) {
        await scene.reconciler.run().catch(() => {})
        chain.nowSec += 3600
      }
      Object.assign(chain.chain, real)
      const next = await scene.again()
      for (let i = 0; i < 2; i++) {
        await next.reconciler.run()
        chain.nowSec += 3600
      }
      expect(chain.balance).toBe(1_000n)
      expect(held(scene)).toBe(1_000n)
      expect(chain.closes.filter(({ type }) => type === 'close')).toHaveLength(1)
    }
  })

  it('is refused for a channel nobody knows', async () => {
    const { reconciler } = await setUp()
    const stranger = `0x${'ee'.repeat(32)}` as ChannelId
    expect(await rejection(reconciler.exit([stranger]))).toMatchObject({ code: 'E_NO_SUCH_CHANNEL' })
  })
})

describe('in the background', () => {
  it('tells what it found and did, and nothing when there was nothing', async () => {
    const { chain, channels, id, store } = await setUp()
    const told: unknown[] = []
    const { promise: isDone, resolve } = Promise.withResolvers<void>()
    const records = createBuyerRecords(store)
    const reconciler = createReconciler({
      records,
      channels,
      chain: chain.chain,
      payer: buyer.address,
      nowSec: () => NOW,
      deployedAt: 0,
      onError: () => {},
      onDone(done) {
        told.push(done)
        resolve()
      },
      intervalMs: 1
    })
    await reconciler.exit([id])
    chain.states.set(id, { deposit: 100n, settled: 0n, closeAt: 1 })
    reconciler.start()
    await isDone
    reconciler.stop()
    await settle()
    expect(told).toMatchObject([{ closed: [{ id, refunded: 100n }] }])
  })

  it('passes at once and again, tells what failed, and stops when told to', async () => {
    const { chain, reconciler, errors } = await setUp()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    let passes = 0
    chain.chain.blockNumber = async () => {
      throw new Error(`away ${++passes}`)
    }
    reconciler.start()
    reconciler.start()
    await settle()
    expect(passes).toBe(1)
    await vi.advanceTimersByTimeAsync(RECONCILE_INTERVAL_MS)
    await settle()
    expect(errors).toMatchObject([{ message: 'away 1' }, { message: 'away 2' }])
    reconciler.stop()
    await vi.advanceTimersByTimeAsync(3 * RECONCILE_INTERVAL_MS)
    await settle()
    expect(passes).toBe(2)
  })
})
