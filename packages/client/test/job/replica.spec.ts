import { demandType, digestOf, type SignedDemand, type Wei } from '@archipel/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { JobRecord } from '../../src/job/job.ts'
import { type ReplicaInit, resumeReplica, startReplica } from '../../src/job/replica.ts'
import { supervise } from '../../src/job/supervise.ts'
import { fakeReplica } from './fake-replica.ts'
import { createHost, deliveryOf, domain, type Host, honest, NOW, receiptMessage, resultOf } from './host.ts'
import {
  agreedEarlier,
  createFakeChain,
  createWorld,
  demandOf,
  memoryStore,
  paymentsTo,
  settle,
  type World
} from './world.ts'

const demand = demandOf(1)

function initOf({ parts }: World, { offer }: Host, of: SignedDemand = demand): ReplicaInit {
  return {
    parts,
    demand: of,
    demandHash: digestOf(domain, demandType, of.body),
    offer,
    priceMax: 300n,
    record: agreement => ({ id: of.body.job, agreements: [agreement] }) as Partial<JobRecord> as JobRecord,
    onProgress: () => {},
    signal: new AbortController().signal
  }
}

/** A replica of an agreement that an earlier process made: what was set aside for it is not known any more. */
async function takeUp(world: World, host: Host) {
  const state = await agreedEarlier(world, host, demand)
  world.parts.channels.release(state.channel, state.bid.body.priceMax)
  return { state, replica: resumeReplica(initOf(world, host), state) }
}

const failed = (code: string) => ({ state: 'failed', failure: { code } })

describe('agreeing', () => {
  it('stores the agreement and its job before the provider may act on it', async () => {
    const host = createHost(1)
    const world = await createWorld({ hosts: [host] })
    const { agreements, jobs } = world.parts.records
    host.answer = async message => {
      if (message.type === 'accept') {
        const [stored] = await Array.fromAsync(agreements.iterate(), ([, state]) => state)
        expect(stored?.agreement).toEqual(message.value.agreement)
        expect(await jobs.get(demand.body.job)).toMatchObject({ agreements: [stored?.id] })
      }
      return honest(host, message)
    }
    const replica = startReplica(initOf(world, host))
    await replica.ready
    expect(replica.info).toMatchObject({ state: 'agreed', priceMax: 100n, paid: 0n })
    expect(host.heard.map(({ type }) => type)).toEqual(['demand', 'accept'])
    expect(replica.ownError).toBeUndefined()
  })

  it('with a provider that refuses gives its money free', async () => {
    const host = createHost(1)
    const world = await createWorld({ hosts: [host] })
    const failure = { code: 'E_FULL', fault: 'host', message: 'busy' }
    const regarding = digestOf(domain, demandType, demand.body)
    host.answer = () => [{ type: 'refusal', value: { regarding, failure } }]
    const replica = startReplica(initOf(world, host))
    await replica.ended
    expect(replica.info).toMatchObject(failed('E_FULL'))
    expect(replica.promised).toBe(0n)
    expect((await world.parts.channels.reserve(host.offer.offer.body, 100n)).action).toBe('reuse')
  })

  it('refuses a bid above the posted offer, and sets aside no more than a bid below it', async () => {
    const [dear, cheap] = [createHost(1), createHost(2)]
    const world = await createWorld({ hosts: [dear, cheap] })
    dear.answer = message =>
      message.type === 'demand' ? [{ type: 'bid', value: dear.bid(message.value.body, { startup: 11n }) }] : []
    const change = { startup: 1n, rate: 0n, priceMax: 1n }
    cheap.answer = message =>
      message.type === 'demand' ? [{ type: 'bid', value: cheap.bid(message.value.body, change) }] : []
    const replicas = [startReplica(initOf(world, dear)), startReplica(initOf(world, cheap))] as const
    await Promise.all(replicas.map(({ ready }) => ready))
    expect(replicas[0].info).toMatchObject(failed('E_BID_ABOVE_OFFER'))
    expect(dear.heard.map(({ type }) => type)).toEqual(['demand'])
    expect(replicas[1].info).toMatchObject({ state: 'agreed', priceMax: 1n })
    expect((await world.parts.channels.reserve(cheap.offer.offer.body, 99n)).action).toBe('reuse')
    expect((await world.parts.channels.reserve(cheap.offer.offer.body, 1n)).action).toBe('top-up')
  })

  it('puts no money on a channel to a provider that is gone', async () => {
    const host = createHost(1)
    const world = await createWorld({ hosts: [host] })
    host.away = true
    const replica = startReplica(initOf(world, host))
    await replica.ended
    expect(replica.info).toMatchObject(failed('E_PROVIDER_UNREACHABLE'))
    expect(replica.ownError).toBeUndefined()
    expect(world.chain.deposits).toEqual([])
  })

  it('without money is our own fault, which no other provider would help', async () => {
    const host = createHost(1)
    const world = await createWorld({ hosts: [host], chain: createFakeChain(99n) })
    const replica = startReplica(initOf(world, host))
    await replica.ended
    expect(replica.ownError).toMatchObject({ code: 'E_NO_FUNDS' })
  })

  it('that may or may not have arrived pays for nothing that comes of it', async () => {
    const host = createHost(1)
    const world = await createWorld({ hosts: [host] })
    host.answer = message => {
      if (message.type === 'accept') throw new Error('the stream broke')
      return honest(host, message)
    }
    const replica = startReplica(initOf(world, host))
    await replica.ended
    expect(replica.info.state).toBe('failed')
    const [state] = await Array.fromAsync(world.parts.records.agreements.iterate(), ([, stored]) => stored)
    expect(state?.phase.code).toBe('failed')
    host.answer = message => honest(host, message)
    world.parts.inbox.receive(host.address, receiptMessage(deliveryOf(host, state!, 0, 0, { result: resultOf(0) })))
    await settle()
    await replica.decide(true)
    await settle()
    expect(paymentsTo(host)).toEqual([])
    expect((await world.parts.channels.reserve(host.offer.offer.body, 100n)).action).toBe('reuse')
  })
})

describe('a provider that falls silent', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  async function setUp() {
    const host = createHost(1)
    const world = await createWorld({ hosts: [host] })
    const { state, replica } = await takeUp(world, host)
    await passMs(0)
    host.heard.length = 0
    const say = async (stage: string) => {
      world.parts.inbox.receive(host.address, { type: 'progress', value: { agreement: state.id, stage } })
      await settle()
    }
    const tick = async (sequence: number, runMs: number) => {
      world.parts.inbox.receive(host.address, receiptMessage(deliveryOf(host, state, sequence, runMs)))
      await settle()
    }
    return { host, world, state, replica, say, tick }
  }

  async function passMs(ms: number): Promise<void> {
    await settle()
    await vi.advanceTimersByTimeAsync(ms)
    await settle()
  }

  it('has three minutes to begin', async () => {
    const { host, replica, say, state } = await setUp()
    await say('queued')
    await passMs(179_000)
    expect(replica.info.state).toBe('queued')
    expect(host.heard).toEqual([])
    await passMs(1_000)
    expect(replica.info).toMatchObject(failed('E_PROVIDER_SILENT'))
    expect(host.heard).toEqual([{ type: 'cancel', value: { agreement: state.id } }])
    await replica.ended
  })

  it('is given up two ticks and a little after the last it said of a running program', async () => {
    const { replica, say, tick } = await setUp()
    await passMs(100_000)
    await say('running')
    await passMs(34_000)
    await tick(0, 10_000)
    await passMs(34_000)
    await tick(1, 20_000)
    await passMs(34_999)
    expect(replica.info.state).toBe('running')
    await passMs(1)
    expect(replica.info).toMatchObject({ ...failed('E_PROVIDER_SILENT'), paid: 30n })
  })

  it('cannot keep itself alive by saying again and again that it runs', async () => {
    const { replica, say } = await setUp()
    for (let i = 0; i < 4; i++) {
      await say('running')
      await passMs(9_000)
    }
    expect(replica.info).toMatchObject(failed('E_PROVIDER_SILENT'))
  })

  it('is given up though it cannot be told', async () => {
    const { host, replica } = await setUp()
    host.away = true
    await passMs(180_000)
    expect(replica.info).toMatchObject(failed('E_PROVIDER_SILENT'))
  })

  it('is left in peace once it delivered', async () => {
    const { host, world, replica, state } = await setUp()
    const final = deliveryOf(host, state, 0, 1_000, { result: resultOf(0) })
    world.parts.inbox.receive(host.address, receiptMessage(final))
    await passMs(24 * 3_600_000)
    expect(replica.info).toMatchObject({ state: 'delivered', digest: final.receipt.body.result })
    expect(host.heard).toEqual([])
  })
})

describe('a replica that was given up', () => {
  const failure = { code: 'E_BROKEN', fault: 'host', message: 'sorry' }

  async function setUp() {
    const host = createHost(1)
    const store = await memoryStore()
    const world = await createWorld({ hosts: [host], store })
    const { state, replica } = await takeUp(world, host)
    await replica.ready
    const say = (message: Parameters<typeof world.parts.inbox.receive>[1]) =>
      world.parts.inbox.receive(host.address, message)
    return { host, store, world, state, replica, say }
  }

  it.each<[Wei, number]>([
    [40n, 1],
    [41n, 0]
  ])(
    'costs no more than the cap with a replacement for %s, though its last tick is yet to be paid',
    async (price, count) => {
      const { host, world, state, replica, say } = await setUp()
      const { offer } = createHost(2, { prices: { startup: price, cpuSec: 0n, memGiBSec: 0n, terafuel: 0n } })
      const abort = new AbortController()
      let started = 0
      const job = supervise({
        replicas: [replica],
        wanted: 1,
        quorum: 1,
        spread: 'operator',
        regions: [],
        demand: demand.body,
        priceMax: 100n,
        nowSec: () => NOW,
        offers: async () => [offer],
        start(chosen) {
          started++
          return fakeReplica(chosen, price)
        },
        onProgress: () => {},
        signal: abort.signal
      })
      job.catch(() => {})
      // The second tick cannot be paid before the first payment is on its way.
      const { promise: sent, resolve: send } = Promise.withResolvers<void>()
      host.answer = async message => {
        await sent
        return honest(host, message)
      }
      say(receiptMessage(deliveryOf(host, state, 0, 1)))
      say(receiptMessage(deliveryOf(host, state, 1, 50_000)))
      say({ type: 'failure', value: { agreement: state.id, failure } })
      await settle()
      expect(replica.info).toMatchObject({ state: 'failed', paid: 11n })
      expect(started).toBe(count)
      send()
      await settle()
      expect(replica.info.paid).toBe(60n)
      expect(world.parts.channels.held(state.channel).cumulative).toBe(60n)
      abort.abort()
    }
  )

  it('is not paid and does not vote, however late it delivers, also after a restart', async () => {
    const { host, store, world, state, replica, say } = await setUp()
    say(receiptMessage(deliveryOf(host, state, 0, 1_000)))
    await settle()
    say({ type: 'failure', value: { agreement: state.id, failure } })
    await settle()
    say(receiptMessage(deliveryOf(host, state, 1, 50_000)))
    say(receiptMessage(deliveryOf(host, state, 2, 60_000, { result: resultOf(0) })))
    await settle()
    await replica.decide(true)
    await settle()
    expect(replica.info).toMatchObject({ state: 'failed', digest: undefined, paid: 11n })
    // Kept as evidence all the same.
    expect(await world.parts.records.agreements.get(state.id)).toMatchObject({
      phase: { code: 'failed' },
      receipts: { length: 3 },
      paid: 11n
    })

    const later = await createWorld({ hosts: [host], store, chain: world.chain })
    const stored = await later.parts.engine.load(state.id)
    const again = resumeReplica(initOf(later, host), stored!)
    await again.ended
    await again.decide(true)
    await settle()
    expect(again.info).toMatchObject({ state: 'failed', digest: undefined, paid: 11n })
    expect(later.parts.channels.held(state.channel).cumulative).toBe(11n)
    expect(paymentsTo(host).every(({ voucher }) => voucher.body.cumulative === 11n)).toBe(true)
  })

  it('gives its money free for other jobs', async () => {
    const { host, world, state, say } = await setUp()
    say({ type: 'failure', value: { agreement: state.id, failure } })
    await settle()
    const { reserve } = world.parts.channels
    const next = await reserve(host.offer.offer.body, 100n)
    expect(next.action).toBe('reuse')
    expect((await reserve(host.offer.offer.body, 1n)).action).toBe('top-up')
  })

  it('keeps its money set aside while a delivered result is not decided upon', async () => {
    const { host, world, state, replica, say } = await setUp()
    say(receiptMessage(deliveryOf(host, state, 0, 5_000, { result: resultOf(0) })))
    await settle()
    expect((await world.parts.channels.reserve(host.offer.offer.body, 1n)).action).toBe('top-up')
    await replica.decide(false)
    await settle()
    expect(replica.info).toMatchObject({ state: 'rejected', paid: 0n })
    expect((await world.parts.channels.reserve(host.offer.offer.body, 100n)).action).toBe('reuse')
  })

  it('whose provider is away when the job is taken up again is lost', async () => {
    const host = createHost(1)
    const world = await createWorld({ hosts: [host] })
    host.away = true
    const { replica } = await takeUp(world, host)
    await replica.ended
    expect(replica.info).toMatchObject(failed('E_PROVIDER_LOST'))
  })
})
