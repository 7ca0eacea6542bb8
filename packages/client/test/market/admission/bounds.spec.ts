import { type Address, toHex } from '@archipel/protocol'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createAdmission } from '../../../src/market/admission/admission.ts'
import { createBondedKeys } from '../../../src/market/admission/bonded-keys.ts'
import { createBook } from '../../../src/market/book/book.ts'
import { createKeptBook } from '../../../src/market/kept-book.ts'
import { BACKERS_KNOWN_MAX, KEPT_BYTES_MAX, STRANGERS_KNOWN_MAX } from '../../../src/market/limits.ts'
import { createStore } from '../../../src/store/index.ts'
import { domain, NOW, TOKEN } from '../../job/host.ts'
import { bytesOf, offerOf, recoverCheap } from '../offers.ts'

// The real bounds take long to fill.
vi.mock('../../../src/market/limits.ts', async original => ({
  ...(await original<object>()),
  BACKERS_KNOWN_MAX: 20,
  STRANGERS_KNOWN_MAX: 10,
  KEPT_BYTES_MAX: 2_000
}))

const OWNER: Address = `0x${'0e'.repeat(20)}`
const keyOf = (n: number): Address => toHex(new Uint8Array(20).fill(n))

it('strangers push out strangers alone, and bonded keys the one that was seen longest ago', async () => {
  const keys = createBondedKeys({
    nowSec: () => NOW,
    read: async asked => asked.map(key => (Number(`0x${key.slice(-2)}`) < 100 ? OWNER : undefined))
  })
  onTestFinished(() => keys.stop())
  const askFor = (from: number, count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => keys.ask(keyOf(from + n))))
  await askFor(0, BACKERS_KNOWN_MAX + 1)
  await askFor(100, STRANGERS_KNOWN_MAX + 1)
  expect([...keys.facts()]).toHaveLength(BACKERS_KNOWN_MAX)
  expect(keys.peek(keyOf(0))).toBeUndefined()
  expect(keys.peek(keyOf(1))).toEqual({ type: 'owner', owner: OWNER })
  expect(keys.peek(keyOf(100))).toBeUndefined()
  expect(keys.peek(keyOf(101))).toEqual({ type: 'none' })
  // What was kept takes no more room either.
  keys.restore(keyOf(99), { owner: OWNER, seenAt: NOW })
  expect([...keys.facts()]).toHaveLength(BACKERS_KNOWN_MAX)
})

it('a kept book is read up to a bound, and what is beyond it is forgotten', async () => {
  const store = await createStore({ memory: true })
  onTestFinished(() => store.close())
  const offers = store.table<Uint8Array>('offers')
  const all = Array.from({ length: 20 }, (_, n) => offerOf(n))
  await store.commit(all.map(offer => offers.put(offer.body.provider, bytesOf(offer))))
  const kept = createKeptBook({ tables: { store, offers, backers: store.table('backers') }, bonded: undefined })
  const book = createBook({ domain, token: TOKEN, recover: recoverCheap, nowSec: () => NOW, onChange: kept.note })
  const { take } = createAdmission({ book, bonded: undefined, shards: 1, blame: () => {} })
  const fitting = Math.floor(KEPT_BYTES_MAX / bytesOf(all[0]!).length)
  expect(await kept.load(take, new AbortController().signal)).toBe(fitting)
  expect(book.size).toBe(fitting)
  await kept.stop()
  expect(await Array.fromAsync(offers.iterate())).toHaveLength(fitting)
})
