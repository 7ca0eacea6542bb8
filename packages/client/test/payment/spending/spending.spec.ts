import type { AgreementId, BuyerAgreement } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { createSpending, readSpending } from '../../../src/payment/spending/spending.ts'
import { createBuyerRecords } from '../../../src/records.ts'
import type { Store } from '../../../src/store/index.ts'
import { createHost, deliveryOf, NOW, resultOf } from '../../job/host.ts'
import { agreedEarlier, createWorld, demandOf, memoryStore, settle } from '../../job/world.ts'
import { rejection } from '../../net/peers.ts'

const [alice, bob] = [createHost(1), createHost(2)]

async function setUp(limits = { day: 100n, provider: 70n }, store?: Store) {
  const records = createBuyerRecords(store ?? (await memoryStore()))
  const spending = createSpending({ records, limits, nowSec: () => NOW })
  await spending.load()
  return { records, spending }
}

describe('claiming', () => {
  it('goes up to the limits of a provider and of the day, and one above is refused with all that there is to know', async () => {
    const { spending } = await setUp()
    expect(spending.room(alice.address, 0n)).toBe(70n)
    spending.claim(alice.address, 70n)
    expect(() => spending.claim(alice.address, 1n)).toThrow(
      expect.objectContaining({
        code: 'E_SPENDING_LIMIT',
        facts: { limit: 'provider', max: 70n, spent: 70n, needed: 1n, freesAt: null, provider: alice.address }
      })
    )
    expect(spending.room(bob.address, 0n)).toBe(30n)
    spending.claim(bob.address, 30n)
    expect(spending.allows(bob.address, 1n)).toBe(false)
    expect(() => spending.checkJob(5n, 1n)).toThrow(
      expect.objectContaining({ facts: { limit: 'day', max: 100n, spent: 100n, needed: 1n, freesAt: null } })
    )
  })

  it('is given back once, however often it is released', async () => {
    const { spending } = await setUp()
    const [first, second] = [spending.claim(alice.address, 40n), spending.claim(alice.address, 30n)]
    first.release()
    first.release()
    expect(spending.room(alice.address, 0n)).toBe(40n)
    second.release()
    expect(spending.room(alice.address, 0n)).toBe(70n)
  })

  it('has no end without limits', async () => {
    const { spending } = await setUp({} as never)
    spending.claim(alice.address, 10n ** 30n)
    expect(spending.room(alice.address, 0n)).toBeUndefined()
  })

  it('refuses a job that may cost more than any may', async () => {
    const { spending } = await setUp({ job: 10n } as never)
    spending.checkJob(10n, 10n)
    expect(() => spending.checkJob(11n, 1n)).toThrow(
      expect.objectContaining({ facts: { limit: 'job', max: 10n, spent: 0n, needed: 11n, freesAt: null } })
    )
  })

  it('says when enough will have left the window', async () => {
    const store = await memoryStore()
    const world = await createWorld({ hosts: [alice], store })
    await agreedEarlier(world, alice, demandOf(1))
    const { spending } = await setUp({ day: 150n, provider: 1_000n }, store)
    const err = await rejection(Promise.resolve().then(() => spending.claim(bob.address, 60n)))
    const freesAt = (Math.floor(NOW / 3600) + 25) * 3600
    expect(err).toMatchObject({ facts: { spent: 100n, needed: 60n, freesAt } })
    expect(err).toMatchObject({ hint: expect.stringContaining(new Date(freesAt * 1000).toISOString()) })
    // Waiting does not help whoever needs more than the limit.
    expect(await rejection(Promise.resolve().then(() => spending.claim(bob.address, 151n)))).toMatchObject({
      facts: { freesAt: null }
    })
  })
})

/** A store that dies with the nth commit from now: that one and all after it never happen. */
function mortal(inner: Store): { store: Store; dieAfter(commits: number): void } {
  let left = Number.POSITIVE_INFINITY
  const store: Store = {
    ...inner,
    commit: ops => (left-- > 0 ? inner.commit(ops) : Promise.reject(new Error('the process is dead')))
  }
  return {
    store,
    dieAfter(commits) {
      left = commits
    }
  }
}

describe('a crash at any commit', () => {
  it('leaves a ledger that says what the stored agreements may cost, to the last unit', async () => {
    let commits = 0
    for (let survive = 0; survive < 40; survive++) {
      const inner = await memoryStore()
      const { store, dieAfter } = mortal(inner)
      const host = createHost(1)
      const world = await createWorld({ hosts: [host], store, depositMin: 10_000n })
      dieAfter(survive)
      await live(world, host).then(
        () => commits++,
        () => {}
      )
      await settle()
      const records = createBuyerRecords(inner)
      const agreements = await Array.fromAsync(records.agreements.iterate(), ([, state]) => state)
      const spending = await readSpending(records, {}, NOW)
      expect(spending.spent).toBe(agreements.reduce((sum, state) => sum + worst(state), 0n))
      // And going on from there counts nothing twice.
      const again = await createWorld({ hosts: [createHost(1)], store: inner })
      await again.parts.spending.load()
      expect(again.parts.spending.state().spent).toBe(spending.spent)
    }
    // The last ones saw no crash any more.
    expect(commits).toBeGreaterThan(5)
  })
})

/** Three agreements: one ticks and is paid, one fails after a tick, one stays open. */
async function live(world: Awaited<ReturnType<typeof createWorld>>, host: ReturnType<typeof createHost>) {
  const { engine } = world.parts
  const [first, second] = [await agreedEarlier(world, host, demandOf(1)), await agreedEarlier(world, host, demandOf(2))]
  await agreedEarlier(world, host, demandOf(3))
  await engine.deliver(first.id, deliveryOf(host, first, 0, 1_000))
  await settle()
  await engine.deliver(second.id, deliveryOf(host, second, 0, 2_000))
  await settle()
  await engine.deliver(first.id, deliveryOf(host, first, 1, 3_000, { result: resultOf(0) }))
  await engine.apply(first.id, { type: 'confirmed' })
  await settle()
  await engine.apply(second.id, { type: 'failed', failure: { code: 'E_X', fault: 'host', message: '' } })
  await settle()
  const ended: AgreementId[] = [first.id, second.id]
  if (ended.some(id => engine.get(id)?.phase.code === 'agreed')) throw new Error('it was not stored')
  await world.parts.records.store.commit([])
}

function worst({ phase, bid, paid, receipts }: BuyerAgreement): bigint {
  const isOpen = phase.code === 'agreed' || phase.code === 'delivered'
  // A tick taken before a failure is still paid.
  return isOpen ? bid.body.priceMax : (receipts.at(-1)?.body.amount ?? paid)
}
