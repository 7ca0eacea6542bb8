import { type Address, encode, signedOfferType } from '@archipel/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAdmission } from '../../src/market/admission/admission.ts'
import { createBondedKeys } from '../../src/market/admission/bonded-keys.ts'
import { createBook } from '../../src/market/book/book.ts'
import { createKeptBook } from '../../src/market/kept-book.ts'
import { BACKER_BELIEVED_SEC } from '../../src/market/limits.ts'
import { createStore, type Store } from '../../src/store/index.ts'
import { domain, NOW, TOKEN } from '../job/host.ts'
import { until } from '../net/peers.ts'
import { bytesOf, cheapSigner, offerOf, recoverCheap } from './offers.ts'

const OWNER: Address = `0x${'0e'.repeat(20)}`
const signal = new AbortController().signal

async function openStore(): Promise<Store> {
  const store = await createStore({ memory: true })
  onTestFinished(() => store.close())
  return store
}

/** A peer's book over a store, as after each start. */
function open(store: Store, { nowSec = NOW, chainIsDown = false, intervalMs = 3_600_000 } = {}) {
  const tables = {
    store,
    offers: store.table<Uint8Array>('offers'),
    backers: store.table<{ owner: Address; seenAt: number }>('backers')
  }
  const questions: number[] = []
  const bonded = createBondedKeys({
    nowSec: () => nowSec,
    async read(keys) {
      questions.push(keys.length)
      if (chainIsDown) throw new Error('nobody answers')
      return keys.map(() => OWNER)
    }
  })
  onTestFinished(() => bonded.stop())
  const kept = createKeptBook({ tables, bonded, intervalMs })
  const book = createBook({ domain, token: TOKEN, recover: recoverCheap, nowSec: () => nowSec, onChange: kept.note })
  const { take } = createAdmission({ book, bonded, shards: 1, blame: () => {} })
  const onDisk = () => Array.fromAsync(tables.offers.iterate(), ([provider]) => provider)
  return { kept, book, take, tables, questions, onDisk, load: () => kept.load(take, signal) }
}

describe('a book that is kept', () => {
  it('is there after a restart, without asking the chain or anybody', async () => {
    const store = await openStore()
    const before = open(store)
    await before.take(
      [0, 1, 2].map(n => bytesOf(offerOf(n))),
      signal
    )
    await before.kept.stop()
    const after = open(store, { nowSec: NOW + 60, chainIsDown: true })
    expect(await after.load()).toBe(3)
    expect(after.book.entries()).toHaveLength(3)
    expect(after.book.entries().every(({ backer }) => backer === OWNER)).toBe(true)
    expect(after.questions).toEqual([])
  })

  it('is written now and then, so that a crash loses little', async () => {
    const store = await openStore()
    const first = open(store, { intervalMs: 10 })
    first.kept.start()
    await first.take([bytesOf(offerOf(1))], signal)
    await until(async () => (await first.onDisk()).length === 1, 'the offer to be written')
    expect(await open(store).load()).toBe(1)
    await first.kept.stop()
  })

  it('leaves out what has expired meanwhile, and what was replaced, and forgets them', async () => {
    const store = await openStore()
    const before = open(store)
    await before.take([bytesOf(offerOf(1, { expiresAt: NOW + 30 })), bytesOf(offerOf(2))], signal)
    await before.take([bytesOf(offerOf(2, { sequence: 2 }))], signal)
    await before.kept.stop()
    expect(await before.onDisk()).toHaveLength(2)
    const after = open(store, { nowSec: NOW + 60 })
    expect(await after.load()).toBe(1)
    expect(after.book.get(cheapSigner(2).address)?.offer.body.sequence).toBe(2)
    await after.kept.stop()
    expect(await after.onDisk()).toEqual([cheapSigner(2).address])
  })

  it('is checked again when it is read: disks and versions lie', async () => {
    const store = await openStore()
    const before = open(store)
    await before.take([bytesOf(offerOf(1))], signal)
    await before.kept.stop()
    const { offers } = before.tables
    const forged = encode(signedOfferType, { ...offerOf(2), signature: new Uint8Array(64) })
    await store.commit([offers.put(cheapSigner(2).address, forged), offers.put('junk', new Uint8Array(9))])
    const after = open(store)
    expect(await after.load()).toBe(1)
    await after.kept.stop()
    expect(await after.onDisk()).toEqual([cheapSigner(1).address])
  })

  it('does not come back without a bond that was seen within a day', async () => {
    const store = await openStore()
    const before = open(store)
    await before.take([bytesOf(offerOf(1, { expiresAt: NOW + 3600 }))], signal)
    await before.kept.stop()
    const { backers } = before.tables
    await store.commit([backers.put(cheapSigner(1).address, { owner: OWNER, seenAt: NOW - BACKER_BELIEVED_SEC })])
    const after = open(store, { chainIsDown: true })
    expect(await after.load()).toBe(0)
    expect(await Array.fromAsync(backers.iterate())).toEqual([])
  })

  it('goes on where the disk fails', async () => {
    const store = await openStore()
    const broken = open({ ...store, commit: () => Promise.reject(new Error('the disk is full')) })
    await broken.take([bytesOf(offerOf(1))], signal)
    await broken.kept.stop()
    expect(broken.book.size).toBe(1)
  })
})
