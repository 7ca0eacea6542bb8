import { type Address, type AgreementId, CodedError, decodeMeta, issueVoucher, ZERO_ADDRESS } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { createChannels } from '../../src/payment/channels.ts'
import type { SpendingLimits } from '../../src/payment/spending/limits.ts'
import { createSpending } from '../../src/payment/spending/spending.ts'
import { createBuyerRecords } from '../../src/records.ts'
import { createHost, NOW, TOKEN } from '../job/host.ts'
import {
  agreedEarlier,
  buyer,
  createFakeChain,
  createWorld,
  demandOf,
  type FakeChain,
  memoryStore,
  settle
} from '../job/world.ts'
import { rejection } from '../net/peers.ts'

const offer = createHost(1).offer.offer.body

async function setUp({
  chain = createFakeChain(),
  store,
  depositMin = 0n,
  depositJobs = 1,
  limits = {}
}: Partial<Parts> = {}) {
  const records = createBuyerRecords(store ?? (await memoryStore()))
  const policy = { closeDelaySec: 3600, depositMin, depositJobs }
  const spending = createSpending({ records, limits, nowSec: () => NOW })
  const part = { records, payer: buyer.address, token: TOKEN, policy, spending }
  const channels = createChannels({ ...part, chain: chain.chain })
  /** Pays `amount` on a channel as the payer does: in memory, then on disk. */
  async function pay(id: Parameters<typeof channels.held>[0], amount: bigint) {
    const due = { receipt: id, amount, agreement: id, sequence: 0 }
    const { channel, voucher } = issueVoucher(channels.held(id), [due])
    channels.hold({ ...channel, voucher: { body: voucher, signature: new Uint8Array(64) } })
    await records.store.commit([records.channels.put(id, channels.held(id))])
  }
  return { records, channels, chain, spending, pay }
}

interface Parts {
  chain: FakeChain
  store: Awaited<ReturnType<typeof memoryStore>>
  depositMin: bigint
  depositJobs: number
  limits: SpendingLimits
}

/** A promise that is resolved by hand. */
function gateOf(chain: FakeChain): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  chain.gate = promise
  return () => {
    chain.gate = undefined
    resolve()
  }
}

describe('reserving money at a provider', () => {
  it('opens a channel with what is missing, then reuses what is free', async () => {
    const { channels, chain } = await setUp({ depositMin: 250n })
    expect((await channels.reserve(offer, 100n)).action).toBe('open')
    expect((await channels.reserve(offer, 100n)).action).toBe('reuse')
    const third = await channels.reserve(offer, 100n)
    expect(third.action).toBe('top-up')
    expect(third.channel.deposit).toBe(500n)
    expect(chain.deposits.map(({ amount }) => amount)).toEqual([250n, 250n])
  })

  it('sets aside what is promised and gives it back when it is released', async () => {
    const { channels, chain } = await setUp()
    const { channel } = await channels.reserve(offer, 100n)
    channels.release(channel.id, 60n)
    await channels.reserve(offer, 60n)
    expect(chain.deposits).toHaveLength(1)
    await channels.reserve(offer, 1n)
    expect(chain.deposits.map(({ amount }) => amount)).toEqual([100n, 1n])
  })

  it('gives back no more than was set aside', async () => {
    const { channels, chain } = await setUp()
    const { channel } = await channels.reserve(offer, 100n)
    channels.release(channel.id, 1_000n)
    await channels.reserve(offer, 100n)
    await channels.reserve(offer, 1n)
    expect(chain.deposits.map(({ amount }) => amount)).toEqual([100n, 1n])
  })

  it('counts money taken up again after a restart as set aside', async () => {
    const store = await memoryStore()
    const chain = createFakeChain()
    const { channel } = await (await setUp({ store, chain })).channels.reserve(offer, 100n)
    const { channels } = await setUp({ store, chain })
    await channels.load(channel.id)
    channels.take(channel.id, 100n, `0x${'aa'.repeat(32)}` as AgreementId)
    const again = await channels.reserve(offer, 40n)
    expect(again.channel.id).toBe(channel.id)
    expect(chain.deposits.map(({ amount }) => amount)).toEqual([100n, 40n])
  })

  it('never counts the same free money twice, nor opens two channels, when many jobs ask at once', async () => {
    const { channels, chain } = await setUp()
    const all = await Promise.all(Array.from({ length: 20 }, () => channels.reserve(offer, 10n)))
    expect(new Set(all.map(({ channel }) => channel.id)).size).toBe(1)
    expect(chain.deposits.reduce((sum, { amount }) => sum + amount, 0n)).toBe(200n)
    expect(channels.held(all[0]!.channel.id).deposit).toBe(200n)
  })

  it('lets another job have its turn after one that failed', async () => {
    const { channels } = await setUp({ chain: createFakeChain(50n) })
    const [tooMuch, enough] = await Promise.allSettled([channels.reserve(offer, 51n), channels.reserve(offer, 50n)])
    expect(tooMuch.status).toBe('rejected')
    expect(enough.status).toBe('fulfilled')
  })

  it('does not wait for another provider’s turn', async () => {
    const { channels, chain } = await setUp()
    const other = createHost(2).offer.offer.body
    await channels.reserve(other, 10n)
    channels.release((await channels.reserve(other, 10n)).channel.id, 10n)
    const open = gateOf(chain)
    const slow = channels.reserve(offer, 10n)
    await channels.reserve(other, 10n)
    open()
    await slow
  })

  it('says what is missing when the escrow does not cover a job, and spends nothing', async () => {
    const { channels, chain } = await setUp({ chain: createFakeChain(99n) })
    const err = await rejection(channels.reserve(offer, 100n))
    expect(err).toMatchObject({ code: 'E_NO_FUNDS', facts: { balance: 99n, missing: 100n } })
    expect(chain.deposits).toEqual([])
  })

  it('deposits what there is when that is enough for the job but below the usual deposit', async () => {
    const { channels, chain } = await setUp({ chain: createFakeChain(120n), depositMin: 500n })
    await channels.reserve(offer, 100n)
    expect(chain.deposits.map(({ amount }) => amount)).toEqual([120n])
  })
})

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

describe('payments while the chain is asked', () => {
  it('are not undone when a look at the chain that began before them ends', async () => {
    const { channels, chain, pay, records } = await setUp()
    const { channel } = await channels.reserve(offer, 100n)
    const open = gateOf(chain)
    const second = channels.reserve(offer, 100n)
    await settle()
    await pay(channel.id, 60n)
    open()
    await second
    for (const now of [channels.held(channel.id), await records.channels.get(channel.id)]) {
      expect(now).toMatchObject({ cumulative: 60n, log: { size: 1 } })
      expect(now?.voucher?.body.cumulative).toBe(60n)
      expect(now?.unacknowledged).toHaveLength(1)
      expect(now?.deposit).toBe(chain.states.get(channel.id)?.deposit)
    }
  })

  it('are not undone when they are made while the deposit is being mined', async () => {
    const { channels, chain, pay, records } = await setUp()
    const { channel } = await channels.reserve(offer, 100n)
    let open = () => {}
    const deposit = chain.chain.openChannel
    chain.chain.openChannel = (...args) => {
      open = gateOf(chain)
      return deposit(...args)
    }
    const second = channels.reserve(offer, 100n)
    await settle()
    await pay(channel.id, 60n)
    open()
    await second
    expect(await records.channels.get(channel.id)).toMatchObject({ cumulative: 60n, deposit: 200n })
  })
})

describe('choosing a channel', () => {
  it('leaves one alone that is being closed, and opens another', async () => {
    const { channels, chain } = await setUp()
    const { channel } = await channels.reserve(offer, 100n)
    chain.states.set(channel.id, { deposit: 100n, settled: 0n, closeAt: 5 })
    const next = await channels.reserve(offer, 50n)
    expect(next).toMatchObject({ action: 'open', channel: { deposit: 50n } })
    expect(next.channel.id).not.toBe(channel.id)
    // Money that comes free on it is not used for new work either.
    channels.release(channel.id, 100n)
    expect((await channels.reserve(offer, 50n)).channel.id).toBe(next.channel.id)
  })

  it('trusts the chain, not its own records, about a deposit: a closed channel holds nothing', async () => {
    const store = await memoryStore()
    const chain = createFakeChain()
    const { channel } = await (await setUp({ store, chain })).channels.reserve(offer, 100n)
    const { channels } = await setUp({ store, chain })
    await channels.load(channel.id)
    chain.states.set(channel.id, { deposit: 40n, settled: 0n, closeAt: 0 })
    const next = await channels.reserve(offer, 150n)
    expect(next.channel.deposit).toBe(150n)
    expect(chain.deposits.at(-1)?.amount).toBe(110n)
  })

  it('opens another when the operator changed its payout address', async () => {
    const { channels } = await setUp()
    const { channel } = await channels.reserve(offer, 100n)
    channels.release(channel.id, 100n)
    const moved = await channels.reserve({ ...offer, owner: `0x${'bb'.repeat(20)}` }, 100n)
    expect(moved.action).toBe('open')
    expect(moved.channel.key.payee).toBe(`0x${'bb'.repeat(20)}`)
  })

  it('uses the one it has records of after a restart', async () => {
    const store = await memoryStore()
    const chain = createFakeChain()
    const first = await (await setUp({ store, chain })).channels.reserve(offer, 100n)
    const again = await (await setUp({ store, chain })).channels.reserve(offer, 100n)
    expect(again.channel.id).toBe(first.channel.id)
    expect(again.action).toBe('reuse')
  })

  it('gives each new one a salt of chance and stores it before anything is paid in', async () => {
    const salts = new Set<bigint>()
    for (let i = 0; i < 8; i++) {
      const { channels, chain, records } = await setUp()
      const stored: unknown[] = []
      const deposit = chain.chain.openChannel
      chain.chain.openChannel = async (key, amount, options) => {
        stored.push(...(await Array.fromAsync(records.channels.iterate(), ([, channel]) => channel.key.meta)))
        expect(stored).toEqual([key.meta])
        return deposit(key, amount, options)
      }
      const { channel } = await channels.reserve(offer, 1n)
      const { salt, closeDelaySec, signer } = decodeMeta(channel.key.meta)
      expect({ closeDelaySec, signer }).toEqual({ closeDelaySec: 3600, signer: ZERO_ADDRESS })
      salts.add(salt)
    }
    expect(salts.size).toBe(8)
    expect([...salts].some(salt => salt > 2n ** 32n)).toBe(true)
  })

  it('does not use a channel again whose records were lost: strangers’ books of it are not ours', async () => {
    const chain = createFakeChain()
    const first = await (await setUp({ chain })).channels.reserve(offer, 10n)
    const second = await (await setUp({ chain })).channels.reserve(offer, 10n)
    expect(second.channel.id).not.toBe(first.channel.id)
    expect(second.action).toBe('open')
  })

  it('refuses to speak of one that was never loaded', async () => {
    const { channels } = await setUp()
    const { channel } = await channels.reserve(offer, 1n)
    const fresh = (await setUp()).channels
    expect(fresh.peek(channel.id)).toBeUndefined()
    expect(() => fresh.held(channel.id)).toThrow('is not loaded')
    fresh.hold(channel)
    expect(fresh.peek(channel.id)).toBeUndefined()
  })
})
