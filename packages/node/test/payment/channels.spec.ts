import type { Chain } from '@archipel/client'
import { type AgreementId, channelId } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { LOOKS_PER_BUYER_MAX } from '../../src/payment/looks.ts'
import { address, buyer, channelKey, codeOf, createWorld, forgedPayment, PRICE } from '../agreement/world.ts'

const reservation = { agreement: '0xa' as AgreementId, amount: PRICE, untilSec: 2_000_000_000 }
const never = () => new AbortController().signal

describe('channels nobody knows', () => {
  it('leave nothing behind when they cannot pay', async () => {
    const world = await createWorld({ deposit: 0n })
    for (let salt = 0n; salt < 3n; salt++) {
      expect(await world.agree(world.demand(Number(salt)), channelKey(salt))).toBe('E_CHANNEL_SHORT')
    }
    expect(world.channels.all()).toEqual([])
    expect(await Array.fromAsync(world.records.channels.iterate())).toEqual([])
  })

  it('leave nothing behind when they are closing', async () => {
    const world = await createWorld({
      channelState: async () => ({ deposit: 1000n, settled: 0n, closeAt: 1_800_000_100 })
    })
    expect(await world.agree(world.demand(1))).toBe('E_CHANNEL_CLOSING')
    expect(world.channels.all()).toEqual([])
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

  it('are on disk before they are acknowledged, also when nothing in them is new', async () => {
    const world = await createWorld()
    await world.agree(world.demand(1))
    const id = channelId(channelKey())
    await world.store.commit([world.records.channels.del(id)])
    expect(codeOf(await world.say({ type: 'payment', value: forgedPayment(channelKey()) }))).toBe('acknowledgement')
    expect(await world.records.channels.get(id)).toMatchObject({ id })
  })
})
