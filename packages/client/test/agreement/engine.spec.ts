import {
  type AgreementId,
  type BuyerAgreement,
  createBuyerAgreement,
  faultOf,
  type Receipt,
  validateEquivocation
} from '@archipel/protocol'
import { beforeEach, describe, expect, it } from 'vitest'
import { createHost, deliveryOf, type Host, receiptMessage, resultOf } from '../job/host.ts'
import { agreedEarlier, createWorld, demandOf, paymentsTo, settle, signing, type World } from '../job/world.ts'
import { rejection } from '../net/peers.ts'

let host: Host
let world: World
let agreement: BuyerAgreement

beforeEach(async () => {
  host = createHost(1)
  world = await createWorld({ hosts: [host] })
  agreement = await agreedEarlier(world, host, demandOf(1))
})

const { deliver, state, stored } = {
  deliver: (...args: [sequence: number, runMs: number, changes?: Parameters<typeof deliveryOf>[4]]) =>
    world.parts.engine.deliver(agreement.id, deliveryOf(host, agreement, ...args)),
  state: () => world.parts.engine.get(agreement.id)!,
  stored: () => world.parts.records.agreements.get(agreement.id)
}

describe('taking deliveries', () => {
  it('keeps ticks and the result, in memory and on disk, and pays the ticks only', async () => {
    await deliver(0, 1_000)
    await deliver(1, 2_000, { result: resultOf(0), stderr: new Uint8Array([1]) })
    await settle()
    expect(state()).toMatchObject({ paid: 11n, paidReceipts: 1, phase: { code: 'delivered', result: resultOf(0) } })
    expect(await stored()).toEqual(state())
  })

  it('takes two that come together, in order', async () => {
    await Promise.all([deliver(0, 1_000), deliver(1, 2_000)])
    await settle()
    expect(state()).toMatchObject({ paid: 12n, paidReceipts: 2 })
  })

  it('takes what comes twice once', async () => {
    await deliver(0, 1_000)
    await deliver(1, 2_000, { result: resultOf(0) })
    await settle()
    const before = state()
    await deliver(0, 1_000)
    await deliver(1, 2_000, { result: resultOf(0) })
    await deliver(1, 2_000, { result: resultOf(1) })
    await settle()
    expect(state()).toBe(before)
    expect(paymentsTo(host)).toHaveLength(1)
  })

  it('refuses one that follows a lost one, and has it sent again', async () => {
    expect(await rejection(deliver(1, 1_000))).toMatchObject({ code: 'E_RECEIPT_GAP' })
    world.parts.inbox.receive(host.address, receiptMessage(deliveryOf(host, agreement, 1, 1_000)))
    await settle()
    expect(state()).toEqual(agreement)
    expect(host.heard).toEqual([{ type: 'resume', value: { agreement: agreement.id } }])
    expect(world.errors).toEqual([])
  })

  it('knows nothing of agreements that are not running here', async () => {
    const id = `0x${'ab'.repeat(32)}` as AgreementId
    await world.parts.engine.deliver(id, deliveryOf(host, { ...agreement, id }, 0, 1_000))
    expect(world.parts.engine.get(id)).toBeUndefined()
  })
})

describe('a provider that lies', () => {
  const lies: [string, Parameters<typeof deliver>, code: string][] = [
    ['charges more than its bid', [0, 1_000, { amount: 12n }], 'E_RECEIPT_ABOVE_BID'],
    ['charges above its ceiling', [0, 900_000, { amount: 101n }], 'E_RECEIPT_ABOVE_BID'],
    ['names another agreement', [0, 1_000, { agreement: `0x${'ab'.repeat(32)}` }], 'E_RECEIPT_MISMATCH'],
    ['invents a kind', [0, 1_000, { kind: 2 }], 'E_RECEIPT_MISMATCH'],
    ['ends without a result', [0, 1_000, { kind: 1 }], 'E_RECEIPT_MISMATCH']
  ]

  it('and charges a buyer that comes back for more than its credit is not paid', async () => {
    // Taken up again: when it began, another process knew.
    const most = 2 * agreement.bid.body.tickSec * 1000 + 60_000
    expect(await rejection(deliver(0, most + 20_000, { amount: 20n }))).toMatchObject({ code: 'E_RECEIPT_ABOVE_TIME' })
    await deliver(0, most)
    expect(state().receipts).toHaveLength(1)
  })

  it('and is paid by fuel may have run as long as was agreed: a tick lasts until it is burnt', async () => {
    const byFuel = await agreedEarlier(world, host, demandOf(2, { fuel: 90e9 }))
    const most = byFuel.demand.body.durationSec * 1000 + 60_000
    const run = (runMs: number) =>
      world.parts.engine.deliver(byFuel.id, deliveryOf(host, byFuel, 0, runMs, { amount: 0n }))
    expect(await rejection(run(most + 20_000))).toMatchObject({ code: 'E_RECEIPT_ABOVE_TIME' })
    await run(most)
    expect(world.parts.engine.get(byFuel.id)!.receipts).toHaveLength(1)
  })

  it.each(lies)('and %s is not paid', async (_how, args, code) => {
    expect(await rejection(deliver(...args))).toMatchObject({ code })
    expect(state()).toEqual(agreement)
  })

  it('and hands over another result than it signed is not paid', async () => {
    const delivery = deliveryOf(host, agreement, 0, 1_000, { result: resultOf(0) })
    for (const result of [resultOf(1), undefined]) {
      const err = await rejection(world.parts.engine.deliver(agreement.id, { ...delivery, result }))
      expect(err).toMatchObject({ code: 'E_RECEIPT_MISMATCH' })
    }
    expect(state()).toEqual(agreement)
  })

  it('and signs with another key is not paid', async () => {
    const forged = deliveryOf(createHost(2), agreement, 0, 1_000)
    expect(await rejection(world.parts.engine.deliver(agreement.id, forged))).toMatchObject({ code: 'E_BAD_SIGNATURE' })
  })

  it('and takes back what it charged is not believed', async () => {
    await deliver(0, 5_000)
    const falling: Partial<Receipt>[] = [
      { amount: 14n },
      { usage: { runMs: 4_999, memoryBytes: 1, outputBytes: 0, fuel: 0 } }
    ]
    for (const { amount = 15n, usage } of falling) {
      const changes = { amount, ...(usage === undefined ? {} : { usage }) }
      expect(await rejection(deliver(1, 5_000, changes))).toMatchObject({ code: 'E_RECEIPT_MISMATCH' })
    }
  })

  it('loses the job at once, and what it says later is not paid', async () => {
    const receive = (message: Parameters<typeof receiptMessage>[0]) =>
      world.parts.inbox.receive(host.address, receiptMessage(message))
    receive(deliveryOf(host, agreement, 0, 1_000, { amount: 12n }))
    await settle()
    expect(state().phase).toMatchObject({ code: 'failed', failure: { code: 'E_RECEIPT_ABOVE_BID', fault: 'host' } })
    expect(world.errors).toHaveLength(1)
    receive(deliveryOf(host, agreement, 0, 1_000))
    await settle()
    expect(state()).toMatchObject({ paid: 0n, paidReceipts: 0 })
    expect(host.heard).toEqual([])
  })
})

describe('a provider that signs two receipts with one number', () => {
  it('is found out, once, with a proof that others can check', async () => {
    await deliver(0, 1_000)
    await deliver(1, 2_000, { result: resultOf(0) })
    // The same at another time of issue is clumsy, and no lie.
    await deliver(1, 2_000, { result: resultOf(0), issuedAt: 1_800_000_009 })
    expect(world.contradictions).toEqual([])
    const before = state()
    await deliver(1, 2_000, { result: resultOf(1) })
    await deliver(0, 1_000, { amount: 10n })
    expect(state()).toBe(before)
    expect(world.contradictions).toMatchObject([{ id: agreement.id }])
    const { proof } = world.contradictions[0]!
    expect(proof.first).toEqual(state().receipts[1])
    const { domain, recover } = signing
    expect(validateEquivocation(proof, { domain, recover })).toBe(faultOf(proof))
  })

  it('is not to blame for what others sign', async () => {
    await deliver(0, 1_000)
    const forged = deliveryOf(createHost(2), agreement, 0, 1_000, { amount: 10n })
    expect(await rejection(world.parts.engine.deliver(agreement.id, forged))).toMatchObject({ code: 'E_BAD_SIGNATURE' })
    expect(world.contradictions).toEqual([])
  })

  it('is found out also after it was given up', async () => {
    await deliver(0, 1_000)
    await world.parts.engine.apply(agreement.id, {
      type: 'failed',
      failure: { code: 'E_PROVIDER_LOST', fault: 'host', message: 'gone' }
    })
    await deliver(0, 1_000, { amount: 10n })
    expect(world.contradictions).toHaveLength(1)
  })
})

describe('time, by our own clock', () => {
  /** The same agreement, but made just now. */
  async function addedNow(): Promise<BuyerAgreement> {
    const { parts } = world
    parts.engine.forget(agreement.id)
    await parts.engine.add(createBuyerAgreement(agreement), [])
    return agreement
  }

  it('bounds what a provider may charge for', async () => {
    await addedNow()
    expect(await rejection(deliver(0, 60_000))).toMatchObject({ code: 'E_RECEIPT_ABOVE_TIME' })
    await deliver(0, 0)
    expect(state().receipts).toHaveLength(1)
  })

  it('bounds how many receipts may come', async () => {
    await addedNow()
    for (let i = 0; i < 5; i++) await deliver(i, 0)
    expect(await rejection(deliver(5, 0))).toMatchObject({ code: 'E_RECEIPT_TOO_OFTEN' })
  })
})

describe('what is held in memory', () => {
  it('is found again after a restart, and given up when it is forgotten', async () => {
    const { engine } = world.parts
    await deliver(0, 1_000)
    await settle()
    engine.forget(agreement.id)
    expect(engine.get(agreement.id)).toBeUndefined()
    expect(await engine.load(agreement.id)).toMatchObject({ paid: 11n })
    expect(engine.live(host.address)).toHaveLength(1)
    expect(engine.live(createHost(2).address)).toEqual([])
    expect(await engine.load(`0x${'ab'.repeat(32)}` as AgreementId)).toBeUndefined()
  })

  it('stays while anybody uses it: a job taken up again may overlap with its earlier run', async () => {
    const { engine } = world.parts
    expect(await engine.load(agreement.id)).toBe(state())
    engine.forget(agreement.id)
    expect(engine.get(agreement.id)).toBe(state())
    engine.forget(agreement.id)
    expect(engine.get(agreement.id)).toBeUndefined()
    await Promise.all([engine.load(agreement.id), engine.load(agreement.id)])
    engine.forget(agreement.id)
    expect(engine.get(agreement.id)).toBeDefined()
    engine.forget(agreement.id)
    expect(engine.get(agreement.id)).toBeUndefined()
  })

  it('tells its watcher of each change, until that is called off', async () => {
    const seen: bigint[] = []
    const stop = world.parts.engine.watch(agreement.id, ({ paid }) => seen.push(paid))
    await deliver(0, 1_000)
    await settle()
    expect(seen).toEqual([0n, 11n])
    stop()
    await deliver(1, 2_000)
    await settle()
    expect(seen).toHaveLength(2)
  })

  it('is at most 10,000 agreements', async () => {
    const { engine } = world.parts
    const add = (i: number) => {
      const id = `0x${i.toString(16).padStart(64, '0')}` as AgreementId
      return engine.add(createBuyerAgreement({ ...agreement, id }), [])
    }
    await Promise.all(Array.from({ length: 9_999 }, (_, i) => add(i)))
    expect(await rejection(add(9_999))).toMatchObject({ code: 'E_TOO_MANY_JOBS' })
    engine.forget(agreement.id)
    await add(9_999)
  })
})
