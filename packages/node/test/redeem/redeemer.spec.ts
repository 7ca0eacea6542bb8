import { CodedError } from '@archipel/protocol'
import { describe, expect, it, vi } from 'vitest'
import { channelKey } from '../agreement/world.ts'
import { CLOSE_AT, createFakeChain, createRedeemWorld, down, OTHER_PAYEE, record } from './world.ts'

const otherOwner = record(7, { key: { ...channelKey(7n), payee: OTHER_PAYEE } })

describe('the redeemer', () => {
  it('redeems each owner’s channels apart, closing ones first and alone, and writes down what was paid', async () => {
    const [plain, late, soon] = [record(1), record(3, { closeAt: CLOSE_AT }), record(4, { closeAt: CLOSE_AT - 1 })]
    const world = await createRedeemWorld({ stored: [plain, otherOwner, late, soon] })
    await world.redeemer.stop()
    expect(world.chain.transactions[0]).toEqual([soon.id, late.id])
    expect(world.chain.transactions.slice(1).sort()).toEqual([[plain.id], [otherOwner.id]].sort())
    expect(world.redeemer.status()).toMatchObject({
      waiting: { channels: 0, amount: 0n },
      transactions: 3,
      paid: 40n,
      feeWei: 3n,
      failures: 0
    })
    for (const { id } of [plain, otherOwner, late, soon])
      expect(await world.records.channels.get(id)).toMatchObject({ settled: 10n, dueSince: 0 })
    expect(world.books.totals()).toMatchObject([{ vouchered: 40n, redeemed: 40n }])
  })

  it('pays all others when one channel spoils every batch that it is in', async () => {
    const stored = Array.from({ length: 64 }, (_, n) => record(n))
    const chain = createFakeChain(stored)
    const bad = stored[13]!.id
    chain.onRedeem = ids => {
      if (ids.includes(bad)) throw new CodedError('E_TX_REVERTED', 'spoiled')
    }
    const world = await createRedeemWorld({ stored, chain })
    await world.redeemer.stop()
    expect(chain.paidTo.size).toBe(63)
    expect(world.redeemer.status()).toMatchObject({
      waiting: { channels: 1, amount: 10n },
      lastError: { code: 'E_TX_REVERTED' }
    })
  })

  it('sends what is closing while an ordinary transaction hangs', async () => {
    const [slow, urgent] = [record(1), record(2)]
    const chain = createFakeChain([slow, urgent])
    const gate = Promise.withResolvers<void>()
    chain.onRedeem = ids => (ids.includes(slow.id) ? gate.promise : undefined)
    const world = await createRedeemWorld({ stored: [slow], chain })
    world.redeemer.wake()
    await vi.waitFor(() => expect(world.redeemer.status().inFlight).toBe(1))
    await world.books.save({ ...urgent, closeAt: CLOSE_AT }, undefined)
    world.redeemer.wake()
    await vi.waitFor(() => expect(chain.transactions).toEqual([[urgent.id]]))
    expect(world.redeemer.status()).toMatchObject({ inFlight: 1, waiting: { channels: 1 } })
    gate.resolve()
    await world.redeemer.stop()
    expect(chain.transactions).toEqual([[urgent.id], [slow.id]])
  })

  it('pays once when nobody heard that a transaction was mined', async () => {
    const one = record(1)
    const chain = createFakeChain([one])
    const { redeem } = chain
    chain.redeem = async voucher => {
      await redeem(voucher)
      throw new CodedError('E_TX_TIMEOUT', 'not seen')
    }
    const world = await createRedeemWorld({ stored: [one], chain })
    await world.redeemer.stop()
    expect(chain.paidTo.get(one.id)).toBe(10n)
    expect(world.books.get(one.id)).toMatchObject({ settled: 10n })
    expect(world.redeemer.status()).toMatchObject({
      waiting: { channels: 0 },
      failures: 1,
      lastError: { code: 'E_TX_TIMEOUT' }
    })
  })

  it('reads what somebody else redeemed, and is content', async () => {
    const one = record(1)
    const chain = createFakeChain([{ ...one, settled: 10n }])
    const world = await createRedeemWorld({ stored: [one], chain })
    await world.redeemer.stop()
    expect(chain.transactions).toEqual([])
    expect(world.redeemer.status().waiting.channels).toBe(0)
  })

  it('keeps everything when the chain is down, and says so', async () => {
    const stored = Array.from({ length: 10 }, (_, n) => record(n))
    const chain = createFakeChain(stored)
    chain.onRedeem = () => {
      throw down()
    }
    const world = await createRedeemWorld({ stored, chain })
    world.redeemer.wake()
    await vi.waitFor(() => expect(world.redeemer.status().pausedMs).toBeGreaterThan(0))
    await world.redeemer.stop()
    expect(world.redeemer.status()).toMatchObject({
      waiting: { channels: 10, amount: 100n },
      failures: 2,
      transactions: 0
    })
  })

  it('asks what gas costs only where costs are weighed', async () => {
    const one = record(1)
    for (const coinPrice of [undefined, 10n ** 18n]) {
      const chain = createFakeChain([one])
      const gasPrice = vi.spyOn(chain, 'gasPrice')
      const world = await createRedeemWorld({ stored: [one], chain, rules: { coinPrice } })
      world.redeemer.wake()
      await vi.waitFor(() => expect(chain.transactions.length + gasPrice.mock.calls.length).toBe(1))
      expect(chain.transactions).toHaveLength(coinPrice === undefined ? 1 : 0)
      await world.redeemer.stop()
    }
  })

  it('stops in bounded time when a transaction never ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const one = record(1)
      const chain = createFakeChain([one])
      chain.redeem = (_, { signal } = {}) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      const world = await createRedeemWorld({ stored: [one], chain })
      let isStopped = false
      const stopped = world.redeemer.stop().then(() => {
        isStopped = true
      })
      await vi.advanceTimersByTimeAsync(9_999)
      expect(isStopped).toBe(false)
      await vi.advanceTimersByTimeAsync(1)
      await stopped
    } finally {
      vi.useRealTimers()
    }
  })
})
