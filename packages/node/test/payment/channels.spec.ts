import type { Chain } from '@archipel/client'
import { type Address, type AgreementId, channelId, type Payment, type Receipt, ZERO_ADDRESS } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { LOOKS_PER_BUYER_MAX } from '../../src/payment/looks.ts'
import {
  address,
  buyer,
  channelKey,
  codeOf,
  createWorld,
  DONE,
  forgedPayment,
  PRICE,
  paymentFor
} from '../agreement/world.ts'
import { createBreakableStore } from '../store/breakable-store.ts'

const reservation = { agreement: '0xa' as AgreementId, amount: PRICE, untilSec: 2_000_000_000 }
const never = () => new AbortController().signal

describe('channels nobody knows', () => {
  it('leave nothing behind when they cannot pay', async () => {
    const world = await createWorld({ deposit: 0n })
    for (let salt = 0n; salt < 3n; salt++) {
      expect(await world.agree(world.demand(Number(salt)), channelKey(salt))).toBe('E_CHANNEL_SHORT')
    }
    expect([...world.channels.books.values()]).toEqual([])
    expect(await Array.fromAsync(world.records.channels.iterate())).toEqual([])
  })

  it('leave nothing behind when they are closing', async () => {
    const world = await createWorld({
      channelState: async () => ({ deposit: 1000n, settled: 0n, closeAt: 1_800_000_100 })
    })
    expect(await world.agree(world.demand(1))).toBe('E_CHANNEL_CLOSING')
    expect([...world.channels.books.values()]).toEqual([])
  })

  it('are looked at no more than a few at once for one buyer, and others are not held up', async () => {
    const gate = Promise.withResolvers<void>()
    let looks = 0
    const channelState: Chain['channelState'] = async () => {
      looks++
      await gate.promise
      return { deposit: PRICE, settled: 0n, closeAt: 0 }
    }
    const { channels } = await createWorld({ channelState })
    const reserve = (salt: bigint, payer = buyer.address) =>
      channels.reserve(channelKey(salt, payer), payer, reservation, never())
    const first = Array.from({ length: LOOKS_PER_BUYER_MAX }, (_, salt) => reserve(BigInt(salt)))
    await expect(reserve(99n)).rejects.toMatchObject({ code: 'E_BUSY' })
    const other = reserve(0n, address('b'))
    gate.resolve()
    await Promise.all([...first, other])
    expect(looks).toBe(LOOKS_PER_BUYER_MAX + 1)
    await reserve(99n)
  })

  it('share one look of many agreements', async () => {
    let looks = 0
    const channelState: Chain['channelState'] = async () => {
      looks++
      return { deposit: 100n * PRICE, settled: 0n, closeAt: 0 }
    }
    const { channels } = await createWorld({ channelState })
    await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        channels.reserve(channelKey(), buyer.address, { ...reservation, agreement: `0x${n}` as AgreementId }, never())
      )
    )
    expect(looks).toBe(1)
  })

  it('are looked at again while our endpoint is behind', async () => {
    let looks = 0
    const channelState: Chain['channelState'] = async () => ({
      deposit: looks++ === 0 ? 0n : PRICE,
      settled: 0n,
      closeAt: 0
    })
    const world = await createWorld({ channelState })
    expect(await world.agree(world.demand(1))).toMatch(/^0x/)
    expect(looks).toBe(2)
  })
})

describe('a channel that is topped up while agreements come', () => {
  it('is looked at again for those that found the money of another', async () => {
    let deposit = PRICE
    // The first look is over before the second top-up is; the two agreements share it all the same.
    const channelState: Chain['channelState'] = async () => {
      const seen = { deposit, settled: 0n, closeAt: 0 }
      deposit = 2n * PRICE
      return seen
    }
    const { channels } = await createWorld({ channelState })
    const reserve = (agreement: string) =>
      channels.reserve(channelKey(), buyer.address, { ...reservation, agreement: agreement as AgreementId }, never())
    await Promise.all([reserve('0xa'), reserve('0xb')])
    await expect(reserve('0xc')).rejects.toMatchObject({ code: 'E_CHANNEL_SHORT' })
  })
})

describe('payments', () => {
  it('of somebody else’s channel are refused as if there were no such channel', async () => {
    const world = await createWorld()
    await world.agree(world.demand(1))
    const payment = forgedPayment(channelKey())
    let reads = 0
    const { get } = world.records.agreements
    world.records.agreements.get = id => {
      reads++
      return get(id)
    }
    const asked = { ...payment, pays: [{ agreement: `0x${'ab'.repeat(32)}`, sequence: 0 }] } as typeof payment
    expect(codeOf(await world.say({ type: 'payment', value: asked }, address('c')))).toBe('E_CHANNEL_UNKNOWN')
    expect(reads).toBe(0)
    expect(codeOf(await world.say({ type: 'payment', value: payment }))).toBe('acknowledgement')
  })

  it('are taken once, and acknowledged again when they come again', async () => {
    const world = await createWorld()
    const id = await world.agree(world.demand(1))
    await world.engine.apply(id as AgreementId, DONE)
    const { paid: _, ...payment } = paymentFor(channelKey(), world.receipts)
    for (let n = 0; n < 2; n++) {
      expect(await world.say({ type: 'payment', value: payment })).toMatchObject({
        value: { size: 1, cumulative: PRICE }
      })
    }
  })
})

describe('a channel that was paid out to the last unit before its buyer heard of it', () => {
  it('is found on disk after a restart, and its payment acknowledged', async () => {
    const chain = { deposit: PRICE, settled: 0n, closeAt: 0 }
    const world = await createWorld({ channelState: async () => chain })
    const id = await world.agree(world.demand(1))
    await world.engine.apply(id as AgreementId, DONE)
    const { paid: _, ...payment } = paymentFor(channelKey(), world.receipts)
    await world.say({ type: 'payment', value: payment })
    chain.settled = PRICE
    await world.channels.refresh(channelId(channelKey()))

    const { store, clock } = world
    const later = await createWorld({ store, clock, channelState: async () => chain })
    await later.channels.start()
    await later.engine.restart()
    expect(later.channels.books.size).toBe(0)
    expect(await later.say({ type: 'payment', value: payment })).toMatchObject({
      type: 'acknowledgement',
      value: { size: 1, cumulative: PRICE }
    })
  })
})

describe('a payment that the disk refuses', () => {
  it('is not taken: sent again it is new, and all that it pays is stored with it', async () => {
    const store = await createBreakableStore()
    const world = await createWorld({ store })
    const ids = [await world.agree(world.demand(1)), await world.agree(world.demand(2))] as AgreementId[]
    for (const id of ids) await world.engine.apply(id, DONE)
    const [one, two] = world.receipts as [Receipt, Receipt]
    const first = paymentFor(channelKey(), [one])
    const second = paymentFor(channelKey(), [two], first.paid)
    const pay = ({ fromSize, pays, voucher }: Payment) =>
      world.say({ type: 'payment', value: { fromSize, pays, voucher } }).then(codeOf)

    store.isBroken = true
    // The second builds on the first while that is under way.
    expect(await Promise.all([pay(first), pay(second)])).toEqual(['E_STORE', 'E_STORE'])
    expect([...world.channels.books.values()]).toMatchObject([{ cumulative: 0n, voucher: undefined, dueSince: 0 }])
    expect(ids.map(id => world.state(id))).toMatchObject([
      { phase: { code: 'delivered' }, paidReceipts: 0 },
      { paid: 0n }
    ])

    store.isBroken = false
    expect(await pay(second)).toBe('E_PAYMENT_GAP')
    expect(await pay(first)).toBe('acknowledgement')
    expect(await pay(second)).toBe('acknowledgement')
    expect(await world.records.channels.get(channelId(channelKey()))).toMatchObject({ cumulative: 2n * PRICE })
    for (const id of ids) expect(await world.records.agreements.get(id)).toMatchObject({ phase: { code: 'settled' } })
    expect(await Array.fromAsync(world.records.open.iterate())).toEqual([])
  })

  it('is refused before anything changes when the disk takes nothing more', async () => {
    const store = await createBreakableStore()
    const world = await createWorld({ store })
    const id = await world.agree(world.demand(1))
    await world.engine.apply(id as AgreementId, DONE)
    Object.assign(store, { isFull: true })
    const { paid: _, ...payment } = paymentFor(channelKey(), world.receipts)
    expect(codeOf(await world.say({ type: 'payment', value: payment }))).toBe('E_STORE_BUSY')
    expect([...world.channels.books.values()]).toMatchObject([{ cumulative: 0n }])
  })
})

describe('money set aside for an agreement', () => {
  it('is less by what was paid of it, also after a restart', async () => {
    // 100 to start and 10 a second: 200 for ten seconds.
    const world = await createWorld({
      deposit: 400n,
      prices: { startup: PRICE, cpuSec: 10n, memGiBSec: 0n, terafuel: 0n }
    })
    const id = (await world.agree(world.demand(1, { deadline: world.clock.nowSec + 600 }))) as AgreementId
    await world.engine.apply(id, { type: 'ticked', usage: { runMs: 5000, memoryBytes: 1, outputBytes: 0, fuel: 0 } })
    const { paid: _, ...payment } = paymentFor(channelKey(), world.receipts)
    expect(codeOf(await world.say({ type: 'payment', value: payment }))).toBe('acknowledgement')
    expect(world.state(id).paid).toBe(150n)
    // 150 are vouchered and 50 may follow: what is left is exactly enough for one more.
    const { store, clock } = world
    const again = await createWorld({
      store,
      clock,
      deposit: 400n,
      prices: { startup: PRICE, cpuSec: 10n, memGiBSec: 0n, terafuel: 0n }
    })
    await again.channels.start()
    await again.engine.restart()
    for (const each of [world, again]) {
      expect(await each.agree(each.demand(each === world ? 2 : 3))).toMatch(/^0x/)
      expect(await each.agree(each.demand(4))).toBe('E_CHANNEL_SHORT')
    }
  })
})

describe('the arbiter of a channel', () => {
  const court = address('c')
  const keyFor = (arbiter: Address) => ({ ...channelKey(), arbiter })
  const agreeOn = async (arbiter: Address, known?: Address) => {
    const world = await createWorld(known === undefined ? {} : { court: known })
    return world.channels.reserve(keyFor(arbiter), buyer.address, reservation, never())
  }

  it('is nobody, or the court of the network', async () => {
    await agreeOn(ZERO_ADDRESS)
    await agreeOn(ZERO_ADDRESS, court)
    await agreeOn(court, court)
  })

  it('is nobody else, who could hold the channel or say what it pays', async () => {
    const why = "it names an arbiter that is not this network's court"
    const refused = expect.objectContaining({ code: 'E_CHANNEL_MISMATCH', facts: { why } })
    await expect(agreeOn(address('d'), court)).rejects.toEqual(refused)
    await expect(agreeOn(court)).rejects.toEqual(refused)
  })
})
