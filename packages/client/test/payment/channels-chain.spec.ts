import { type Address, CodedError } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { createBuyerRecords } from '../../src/records.ts'
import { createHost } from '../job/host.ts'
import {
  agreedEarlier,
  createFakeChain,
  createWorld,
  demandOf,
  type FakeChain,
  memoryStore,
  settle
} from '../job/world.ts'
import { rejection } from '../net/peers.ts'
import { offer, setUp } from './channels-setup.ts'

describe('looking at the chain', () => {
  /** Counts the questions asked. */
  function counting(chain: FakeChain): { reads: string[] } {
    const reads: string[] = []
    for (const name of ['channelState', 'escrowBalance', 'unminedCount'] as const) {
      const ask = chain.chain[name] as (...args: unknown[]) => unknown
      Object.assign(chain.chain, {
        [name]: (...args: unknown[]) => {
          reads.push(name)
          return ask(...args)
        }
      })
    }
    return { reads }
  }

  it('is done once for a new channel, never for one that is known and holds enough, and anew before a top-up', async () => {
    const { channels, chain } = await setUp({ depositMin: 250n })
    const { reads } = counting(chain)
    await channels.reserve(offer, 100n)
    expect(reads).toEqual(['unminedCount', 'escrowBalance'])
    await channels.reserve(offer, 100n)
    expect(reads).toHaveLength(2)
    await channels.reserve(offer, 100n)
    expect(reads.slice(2)).toEqual(['channelState', 'escrowBalance'])
  })

  it('is done again after a deposit of which nobody knows what became', async () => {
    const { channels, chain } = await setUp()
    const deposit = chain.chain.openChannel
    chain.chain.openChannel = async (...args) => {
      await deposit(...args)
      throw new CodedError('E_TX_TIMEOUT', 'not mined in time')
    }
    expect(await rejection(channels.reserve(offer, 100n))).toMatchObject({ code: 'E_TX_TIMEOUT' })
    // It was mined after all: what is there is used.
    expect(await channels.reserve(offer, 100n)).toMatchObject({ action: 'reuse', channel: { deposit: 100n } })
    expect(chain.deposits).toHaveLength(1)
  })
})

describe('what is deposited beyond the job at hand', () => {
  it('leaves what the job needs elsewhere', async () => {
    const { channels, chain } = await setUp({ chain: createFakeChain(300n), depositMin: 500n })
    await channels.reserve(offer, 100n, { keep: 150n })
    expect(chain.deposits.map(({ amount }) => amount)).toEqual([150n])
  })

  it('lasts for several jobs like it', async () => {
    const { channels, chain } = await setUp({ depositJobs: 4 })
    await channels.reserve(offer, 100n)
    expect(chain.deposits.map(({ amount }) => amount)).toEqual([400n])
  })

  it('never locks more than the limits let the buyer promise, over all channels together', async () => {
    const { channels, chain, spending } = await setUp({ depositMin: 1_000n, limits: { day: 250n, provider: 150n } })
    const other = createHost(2).offer.offer.body
    const claims = [spending.claim(offer.provider, 100n)]
    await channels.reserve(offer, 100n)
    expect(chain.deposits.map(({ amount }) => amount)).toEqual([150n])
    claims.push(spending.claim(other.provider, 80n))
    await channels.reserve(other, 80n)
    // 250 a day, 180 claimed, 50 idle at the first: 20 more.
    expect(chain.deposits.map(({ amount }) => amount)).toEqual([150n, 100n])
    for (const claim of claims) claim.release()
  })

  it('waits for deposits under way when the balance may still contain them', async () => {
    const { channels, chain } = await setUp({ chain: createFakeChain(150n) })
    const other = createHost(2).offer.offer.body
    const { promise: mined, resolve: mine } = Promise.withResolvers<void>()
    const deposit = chain.chain.openChannel
    chain.chain.openChannel = async (...args) => {
      await mined
      return deposit(...args)
    }
    const first = channels.reserve(offer, 100n)
    await settle()
    const second = rejection(channels.reserve(other, 60n))
    await settle()
    expect(chain.deposits).toHaveLength(0)
    mine()
    await first
    expect(await second).toMatchObject({ code: 'E_NO_FUNDS', facts: { balance: 50n, missing: 60n } })
    expect((await channels.reserve(other, 50n)).action).toBe('open')
  })
})

describe('after a restart', () => {
  it('what is promised stays set aside, for a job nobody took up again too, and is not set aside twice when one is', async () => {
    const store = await memoryStore()
    const host = createHost(1)
    const world = await createWorld({ hosts: [host], store, depositMin: 250n })
    const state = await agreedEarlier(world, host, demandOf(1))
    const { parts, chain } = await createWorld({ hosts: [host], store, chain: world.chain, depositMin: 250n })
    await parts.channels.reserve(offer, 150n)
    expect(chain.deposits).toHaveLength(1)
    parts.channels.take(state.channel, state.bid.body.priceMax, state.id)
    parts.channels.release(state.channel, 100n)
    expect((await parts.channels.reserve(offer, 100n)).action).toBe('reuse')
    expect((await parts.channels.reserve(offer, 1n)).action).toBe('top-up')
  })

  it('a deposit that the earlier process sent is waited for, not made again', async () => {
    const store = await memoryStore()
    const chain = createFakeChain()
    const deposit = chain.chain.openChannel
    const sent: (() => Promise<unknown>)[] = []
    chain.chain.openChannel = (...args) => {
      sent.push(() => deposit(...args))
      chain.unmined = 1
      return new Promise(() => {})
    }
    void (await setUp({ store, chain })).channels.reserve(offer, 100n)
    await expect.poll(() => sent).toHaveLength(1)
    // Here the process dies. The next one wants the same.
    const next = (await setUp({ store, chain })).channels.reserve(offer, 100n)
    await settle()
    expect(sent).toHaveLength(1)
    chain.chain.openChannel = deposit
    await sent[0]!()
    chain.unmined = 0
    expect(await next).toMatchObject({ action: 'reuse', channel: { deposit: 100n } })
    expect(chain.deposits).toHaveLength(1)
  })

  it('one that the buyer leaves gets no new work', async () => {
    const store = await memoryStore()
    const chain = createFakeChain()
    const first = await setUp({ store, chain, depositMin: 500n })
    const { channel } = await first.channels.reserve(offer, 100n)
    await first.channels.exit(channel.id)
    for (const { channels } of [first, await setUp({ store, chain })]) {
      expect((await channels.reserve(offer, 10n)).channel.id).not.toBe(channel.id)
    }
  })

  it('channels of another wallet in the same folder are not ours to sign on', async () => {
    const store = await memoryStore()
    const chain = createFakeChain()
    const { channel } = await (await setUp({ store, chain })).channels.reserve(offer, 100n)
    const records = createBuyerRecords(store)
    const stranger: Address = `0x${'ee'.repeat(20)}`
    const theirs = (await records.channels.get(channel.id))!
    await store.commit([records.channels.put(channel.id, { ...theirs, key: { ...theirs.key, payer: stranger } })])
    const { channels } = await setUp({ store, chain })
    expect((await channels.reserve(offer, 10n)).channel.id).not.toBe(channel.id)
    expect(await channels.all()).toHaveLength(1)
  })
})
