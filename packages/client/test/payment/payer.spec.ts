import { type BuyerAgreement, type ChannelId, PAYS_MAX, type ToBuyer } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import type { Store } from '../../src/store/index.ts'
import { createHost, type Host } from '../job/host.ts'
import { agreedEarlier, createWorld, demandOf, memoryStore, paymentsTo, settle, type World } from '../job/world.ts'
import { rejection } from '../net/peers.ts'
import { type Books, createBooks } from './books.ts'

interface Scene {
  world: World
  host: Host
  agreements: BuyerAgreement[]
  channel: ChannelId
  books: Books
}

/** A buyer with `jobs` agreements on one channel to a host that keeps real books. */
async function setUp(jobs = 1, store?: Store): Promise<Scene> {
  const host = createHost(1)
  const world = await createWorld({ hosts: [host], depositMin: 1_000_000n, ...(store ? { store } : {}) })
  world.chain.balance = 1_000_000n
  const agreements: BuyerAgreement[] = []
  for (let i = 0; i < jobs; i++) agreements.push(await agreedEarlier(world, host, demandOf(i + 1)))
  const channel = agreements[0]!.channel
  const books = createBooks(world, host, world.parts.channels.held(channel), 1_000_000n)
  host.answer = message => (message.type === 'payment' ? [books.take(message.value)] : [])
  return { world, host, agreements, channel, books }
}

/** From here on the host says nothing. */
function silence(host: Host): void {
  host.answer = () => []
}

const stateOf = ({ world }: Scene, { id }: BuyerAgreement) => world.parts.engine.get(id)
const held = ({ world, channel }: Scene) => world.parts.channels.held(channel)

describe('paying receipts', () => {
  it('pays a tick as it comes, and the provider’s books agree', async () => {
    const scene = await setUp()
    const [agreement] = scene.agreements as [BuyerAgreement]
    await scene.books.tick(agreement, 1_000)
    await scene.books.tick(agreement, 5_000)
    await settle()
    expect(stateOf(scene, agreement)).toMatchObject({ paid: 15n, paidReceipts: 2 })
    expect(scene.books.channel).toMatchObject({ cumulative: 15n, log: { size: 2 } })
    expect(held(scene).unacknowledged).toEqual([])
    expect(scene.world.payErrors).toEqual([])
  })

  it('pays what falls due while a voucher is being stored with one more, however much it is', async () => {
    const scene = await setUp(50)
    await Promise.all(scene.agreements.map(agreement => scene.books.tick(agreement, 1_000)))
    await settle()
    const payments = paymentsTo(scene.host)
    expect(payments.map(({ pays }) => pays.length)).toEqual([1, 49])
    expect(scene.books.channel).toMatchObject({ cumulative: 50n * 11n, log: { size: 50 } })
    expect(scene.agreements.every(agreement => stateOf(scene, agreement)?.paid === 11n)).toBe(true)
  })

  it('never sends a voucher before it, its leaves and the agreement are stored', async () => {
    const inner = await memoryStore()
    let gate: Promise<void> | undefined
    const log: string[] = []
    const store: Store = {
      ...inner,
      async commit(ops) {
        log.push('commit')
        await gate
        await inner.commit(ops)
        log.push('stored')
      }
    }
    const scene = await setUp(1, store)
    const [agreement] = scene.agreements as [BuyerAgreement]
    const answer = scene.host.answer
    scene.host.answer = async message => {
      log.push('sent')
      const records = scene.world.parts.records
      const { cumulative } = paymentsTo(scene.host)[0]!.voucher.body
      expect((await records.channels.get(scene.channel))?.voucher?.body.cumulative).toBe(cumulative)
      expect(await records.leaves.get(records.leafKey(scene.channel, 0))).toMatchObject({ cumulative, sequence: 0 })
      expect(await records.agreements.get(agreement.id)).toMatchObject({ paid: cumulative, paidReceipts: 1 })
      return answer(message)
    }
    log.length = 0
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    const ticked = scene.books.tick(agreement, 1_000)
    await settle()
    expect(log).toEqual(['commit', 'commit'])
    expect(scene.host.heard).toEqual([])
    resolve()
    await ticked
    await settle()
    expect(log.slice(0, 5)).toEqual(['commit', 'commit', 'stored', 'stored', 'sent'])
    expect(scene.books.channel.cumulative).toBe(11n)
  })

  it('is flushed once what is being stored is sent and acknowledged, or when nobody answers in time', async () => {
    const inner = await memoryStore()
    let gate: Promise<void> | undefined
    const store: Store = {
      ...inner,
      async commit(ops) {
        await gate
        await inner.commit(ops)
      }
    }
    const scene = await setUp(1, store)
    const { payer } = scene.world.parts
    await payer.flush(AbortSignal.timeout(10_000))
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    const ticked = scene.books.tick(scene.agreements[0]!, 1_000)
    const flushed = payer.flush(AbortSignal.timeout(10_000)).then(() => scene.books.channel.cumulative)
    await settle()
    expect(scene.host.heard).toEqual([])
    resolve()
    await ticked
    expect(await flushed).toBe(11n)
    silence(scene.host)
    await scene.books.tick(scene.agreements[0]!, 5_000)
    const late = AbortSignal.timeout(50)
    await payer.flush(late)
    expect(late.aborted).toBe(true)
    expect(held(scene).unacknowledged).toHaveLength(1)
  })

  it('sends nothing that the disk did not take, and signs nothing on top of it', async () => {
    const listeners: (() => void)[] = []
    const inner = await memoryStore()
    let full = false
    const store: Store = {
      ...inner,
      commit(ops) {
        if (!full) return inner.commit(ops)
        for (const listener of listeners) listener()
        return Promise.reject(new Error('disk full'))
      },
      onFailure: listener => void listeners.push(listener)
    }
    const scene = await setUp(2, store)
    const [first, second] = scene.agreements as [BuyerAgreement, BuyerAgreement]
    full = true
    await rejection(scene.books.tick(first, 1_000))
    await settle()
    expect(scene.host.heard).toEqual([])
    expect(scene.world.payErrors).toMatchObject([{ code: 'E_STORE_FAILED' }])
    // There is room again: this process still does not know what the disk has.
    full = false
    await scene.books.tick(second, 1_000)
    await settle()
    expect(scene.host.heard).toEqual([])
    expect(scene.world.payErrors.at(-1)).toMatchObject({ code: 'E_STORE_FAILED' })
    // The next process goes on from what is stored, and pays everything once.
    const world = await createWorld({ hosts: [scene.host], store: inner, chain: scene.world.chain })
    await world.parts.channels.load(scene.channel)
    for (const { id } of [first, second]) await world.parts.engine.load(id)
    expect(world.parts.engine.get(first.id)?.receipts).toEqual([])
    world.parts.payer.pay(second.id, 1)
    await settle()
    expect(scene.books.channel).toMatchObject({ cumulative: 11n, log: { size: 1 } })
  })

  it('stops at a deposit that does not cover it', async () => {
    const scene = await setUp()
    const { channels } = scene.world.parts
    channels.hold({ ...held(scene), deposit: 10n })
    await scene.books.tick(scene.agreements[0]!, 1_000)
    await settle()
    expect(scene.world.payErrors).toEqual([expect.objectContaining({ code: 'E_CHANNEL_EXHAUSTED' })])
    expect(held(scene).cumulative).toBe(0n)
    expect(scene.host.heard).toEqual([])
  })
})

describe('a provider that does not acknowledge', () => {
  it(`is sent at most ${PAYS_MAX} payments; the one above waits until it answers`, async () => {
    const scene = await setUp(PAYS_MAX + 1)
    silence(scene.host)
    await Promise.all(scene.agreements.map(agreement => scene.books.tick(agreement, 1_000)))
    await settle()
    expect(held(scene).unacknowledged).toHaveLength(PAYS_MAX)
    expect(scene.world.payErrors).toEqual([expect.objectContaining({ code: 'E_PROVIDER_SILENT' })])
    const last = scene.agreements.find(agreement => stateOf(scene, agreement)?.paidReceipts === 0)!
    const payments = paymentsTo(scene.host)
    scene.host.answer = message => (message.type === 'payment' ? [scene.books.take(message.value)] : [])
    for (const payment of payments) {
      const answer = scene.books.take(payment)
      scene.world.parts.inbox.receive(scene.host.address, answer)
    }
    await settle()
    expect(stateOf(scene, last)?.paidReceipts).toBe(1)
    expect(held(scene).unacknowledged).toEqual([])
    expect(scene.books.channel.log.size).toBe(PAYS_MAX + 1)
  })

  it('is sent all of it again in one, with a new stream', async () => {
    const scene = await setUp(3)
    const take = scene.host.answer
    silence(scene.host)
    for (const agreement of scene.agreements) await scene.books.tick(agreement, 1_000)
    await settle()
    const { payer } = scene.world.parts
    expect(payer.owes(scene.host.address)).toBe(true)
    scene.host.heard.length = 0
    scene.host.answer = take
    await payer.resendTo(scene.host.address)
    expect(paymentsTo(scene.host)[0]?.fromSize).toBe(0)
    expect(paymentsTo(scene.host)[0]?.pays).toHaveLength(3)
    expect(scene.books.channel.log.size).toBe(3)
    expect(payer.owes(scene.host.address)).toBe(false)
    await payer.resendTo(scene.host.address)
    expect(paymentsTo(scene.host)).toHaveLength(1)
  })

  it('is sent again what an earlier process left open, once', async () => {
    const store = await memoryStore()
    const scene = await setUp(1, store)
    silence(scene.host)
    await scene.books.tick(scene.agreements[0]!, 1_000)
    await settle()
    const { parts } = await createWorld({ hosts: [scene.host], store })
    await parts.channels.load(scene.channel)
    scene.host.heard.length = 0
    await parts.payer.recover(scene.channel)
    await parts.payer.recover(scene.channel)
    expect(paymentsTo(scene.host).map(({ pays }) => pays)).toEqual([
      [{ agreement: scene.agreements[0]!.id, sequence: 0 }]
    ])
    expect(scene.books.take(paymentsTo(scene.host)[0]!).type).toBe('acknowledgement')
  })

  it('is sent what an earlier process left open on a channel that no job uses any more, with a new stream', async () => {
    const store = await memoryStore()
    const scene = await setUp(1, store)
    const { answer } = scene.host
    silence(scene.host)
    await scene.books.tick(scene.agreements[0]!, 1_000)
    await settle()
    expect(scene.books.channel.cumulative).toBe(0n)
    const { parts } = await createWorld({ hosts: [scene.host], store, chain: scene.world.chain })
    scene.host.answer = answer
    await parts.payer.resendTo(createHost(2).address)
    expect(scene.books.channel.cumulative).toBe(0n)
    await parts.payer.resendTo(scene.host.address)
    expect(scene.books.channel.cumulative).toBe(11n)
    expect(parts.payer.owes(scene.host.address)).toBe(false)
  })

  it('loses nothing when the message is lost', async () => {
    const scene = await setUp()
    scene.host.away = true
    await scene.books.tick(scene.agreements[0]!, 1_000)
    await settle()
    expect(scene.world.payErrors).toEqual([expect.objectContaining({ code: 'E_PROVIDER_UNREACHABLE' })])
    expect(stateOf(scene, scene.agreements[0]!)?.paid).toBe(11n)
    scene.host.away = false
    await scene.world.parts.payer.resendTo(scene.host.address)
    expect(scene.books.channel.cumulative).toBe(11n)
  })
})

describe('a provider that misses payments', () => {
  it('is sent everything it has not acknowledged', async () => {
    const scene = await setUp(2)
    const [first, second] = scene.agreements as [BuyerAgreement, BuyerAgreement]
    const take = scene.host.answer
    silence(scene.host)
    await scene.books.tick(first, 1_000)
    await settle()
    scene.host.answer = take
    await scene.books.tick(second, 1_000)
    await settle()
    expect(paymentsTo(scene.host).map(({ fromSize, pays }) => [fromSize, pays.length])).toEqual([
      [0, 1],
      [1, 1],
      [0, 2]
    ])
    expect(scene.books.channel).toMatchObject({ cumulative: 22n, log: { size: 2 } })
    expect(held(scene).unacknowledged).toEqual([])
  })

  it('is not sent the same for ever when it says so again and again', async () => {
    const scene = await setUp()
    scene.host.answer = message => (message.type === 'payment' ? [gap(scene.channel)] : [])
    const settled = scene.books.tick(scene.agreements[0]!, 1_000).then(async () => {
      await rejection(scene.world.parts.payer.settled(scene.agreements[0]!.id))
    })
    await settle()
    const sent = scene.host.heard.length
    expect(sent).toBeGreaterThan(1)
    expect(sent).toBeLessThan(6)
    scene.world.parts.inbox.receive(scene.host.address, gap(scene.channel))
    await settled
    expect(scene.host.heard).toHaveLength(sent)
  })

  it('stops when it forgot what it once acknowledged: that is not paid twice', async () => {
    const scene = await setUp(2)
    const [first, second] = scene.agreements as [BuyerAgreement, BuyerAgreement]
    await scene.books.tick(first, 1_000)
    await settle()
    scene.books.forgetPayments()
    await scene.books.tick(second, 1_000)
    await settle()
    expect(held(scene).cumulative).toBe(22n)
    expect(scene.host.heard.length).toBeLessThan(8)
  })
})

const gap = (channel: ChannelId): ToBuyer => ({
  type: 'refusal',
  value: { regarding: channel, failure: { code: 'E_PAYMENT_GAP', fault: 'buyer', message: '' } }
})

describe('settled', () => {
  it('resolves at once for what was never due, and for agreements nobody knows', async () => {
    const scene = await setUp()
    await scene.world.parts.payer.settled(scene.agreements[0]!.id)
    await scene.world.parts.payer.settled(scene.channel as never)
  })

  it('resolves with the acknowledgement, for all who wait, and not before', async () => {
    const scene = await setUp(2)
    const [first, second] = scene.agreements as [BuyerAgreement, BuyerAgreement]
    silence(scene.host)
    await scene.books.tick(first, 1_000)
    await scene.books.tick(second, 1_000)
    await settle()
    const done: string[] = []
    const { payer } = scene.world.parts
    void payer.settled(first.id).then(() => done.push('first'))
    void payer.settled(first.id).then(() => done.push('first again'))
    void payer.settled(second.id).then(() => done.push('second'))
    await settle()
    expect(done).toEqual([])
    payer.acknowledged(scene.channel, 1)
    await settle()
    expect(done).toEqual(['first', 'first again'])
    payer.acknowledged(scene.channel, 2)
    await settle()
    expect(done).toEqual(['first', 'first again', 'second'])
  })

  it('rejects with what the provider refuses with', async () => {
    const scene = await setUp()
    silence(scene.host)
    await scene.books.tick(scene.agreements[0]!, 1_000)
    await settle()
    const { payer } = scene.world.parts
    const settled = rejection(payer.settled(scene.agreements[0]!.id))
    payer.refused(scene.channel, { code: 'E_VOUCHER_ABOVE_DEPOSIT', fault: 'buyer', message: 'too much' })
    expect(await settled).toMatchObject({ code: 'E_VOUCHER_ABOVE_DEPOSIT', facts: { channel: scene.channel } })
  })
})

describe('acknowledgements', () => {
  it.each([-1, 0, 0.5, 3, Number.NaN, Number.MAX_SAFE_INTEGER])(
    'of %s payments out of 2 change nothing',
    async size => {
      const scene = await setUp(2)
      silence(scene.host)
      for (const agreement of scene.agreements) await scene.books.tick(agreement, 1_000)
      await settle()
      scene.world.parts.payer.acknowledged(scene.channel, size)
      expect(held(scene).unacknowledged).toHaveLength(2)
    }
  )

  it('from another provider change nothing', async () => {
    const scene = await setUp()
    silence(scene.host)
    await scene.books.tick(scene.agreements[0]!, 1_000)
    await settle()
    const value = { channel: scene.channel, size: 1, cumulative: 11n }
    scene.world.parts.inbox.receive(createHost(2).address, { type: 'acknowledgement', value })
    expect(held(scene).unacknowledged).toHaveLength(1)
    scene.world.parts.inbox.receive(scene.host.address, { type: 'acknowledgement', value })
    expect(held(scene).unacknowledged).toHaveLength(0)
  })

  it('about channels nobody knows change nothing', async () => {
    const { world, host } = await setUp()
    world.parts.payer.acknowledged(`0x${'ee'.repeat(32)}` as ChannelId, 1)
    const value = { channel: `0x${'ee'.repeat(32)}` as const, size: 1, cumulative: 11n }
    world.parts.inbox.receive(host.address, { type: 'acknowledgement', value })
    expect(world.errors).toEqual([])
  })
})
