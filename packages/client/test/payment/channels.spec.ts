import { type AgreementId, decodeMeta, ZERO_ADDRESS } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { createHost } from '../job/host.ts'
import { createFakeChain, memoryStore, settle } from '../job/world.ts'
import { rejection } from '../net/peers.ts'
import { gateOf, offer, setUp } from './channels-setup.ts'

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

describe('channels of a network with a court', () => {
  const court = `0x${'c0'.repeat(20)}` as const

  it('name it', async () => {
    const { channels } = await setUp({ arbiter: court })
    expect((await channels.reserve(offer, 100n)).channel.key.arbiter).toBe(court)
  })

  it('name nobody where there is none', async () => {
    const { channels } = await setUp()
    expect((await channels.reserve(offer, 100n)).channel.key.arbiter).toBe(ZERO_ADDRESS)
  })

  it('take over from those of before, which are used up and not topped up', async () => {
    const [store, chain] = [await memoryStore(), createFakeChain()]
    const before = await (await setUp({ store, chain })).channels.reserve(offer, 100n)
    const { channels } = await setUp({ store, chain, arbiter: court })
    const first = await channels.reserve(offer, 60n)
    expect(first).toMatchObject({ action: 'reuse', channel: { id: before.channel.id } })
    const second = await channels.reserve(offer, 60n)
    expect(second).toMatchObject({ action: 'open', channel: { key: { arbiter: court } } })
    expect(await channels.reserve(offer, 40n)).toMatchObject({ action: 'reuse', channel: { id: before.channel.id } })
    expect(await channels.reserve(offer, 1n)).toMatchObject({ action: 'top-up', channel: { id: second.channel.id } })
  })

  it('are not used where another court has taken its place, or none', async () => {
    const [store, chain] = [await memoryStore(), createFakeChain()]
    const judged = await (await setUp({ store, chain, arbiter: court })).channels.reserve(offer, 100n)
    for (const arbiter of [`0x${'c1'.repeat(20)}` as const, ZERO_ADDRESS]) {
      const { channels } = await setUp({ store, chain, arbiter })
      const opened = await channels.reserve(offer, 10n)
      expect(opened).toMatchObject({ action: 'open', channel: { key: { arbiter } } })
      expect((await channels.all()).map(({ id }) => id)).toContain(judged.channel.id)
    }
  })
})
