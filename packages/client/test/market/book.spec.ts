import type { Offer, VerifiedOffer } from '@archipel/protocol'
import { describe, expect, it, vi } from 'vitest'
import { recoverNative } from '../../src/crypto/signer-node.ts'
import { type BookInit, createBook } from '../../src/market/book.ts'
import { BOOK_OFFERS_MAX } from '../../src/market/limits.ts'
import { createHost, domain, NOW, TOKEN } from '../job/host.ts'
import { bytesOf, cheapSigner, offerOf, recoverCheap } from './offers.ts'

// The real bound takes ten seconds to fill: every offer is hashed.
vi.mock('../../src/market/limits.ts', async original => ({ ...(await original<object>()), BOOK_OFFERS_MAX: 50 }))

function setUp(changes: Partial<BookInit> = {}) {
  const clock = { now: NOW }
  const seen: VerifiedOffer[] = []
  const book = createBook({
    domain,
    recover: recoverCheap,
    token: TOKEN,
    nowSec: () => clock.now,
    onOffer: offer => seen.push(offer),
    ...changes
  })
  const add = (n: number, offer: Partial<Offer> = {}) => book.add(bytesOf(offerOf(n, offer)))
  return { book, add, clock, seen }
}

describe('taking offers', () => {
  it('keeps one for each provider, the newest', () => {
    const { book, add, seen } = setUp()
    expect(add(1, { sequence: 5 })).toBe('accept')
    expect(add(2)).toBe('accept')
    expect(add(1, { sequence: 5 })).toBe('ignore')
    expect(add(1, { sequence: 4 })).toBe('ignore')
    expect(add(1, { sequence: 6, version: '2' })).toBe('accept')
    expect(book.size).toBe(2)
    expect(book.get(cheapSigner(1).address)?.offer.body).toMatchObject({ sequence: 6, version: '2' })
    expect(seen).toHaveLength(3)
  })

  it('keeps the signer’s key with it', () => {
    const { book } = setUp({ recover: recoverNative })
    const host = createHost(3)
    expect(book.add(bytesOf(host.offer.offer))).toBe('accept')
    expect(book.get(host.address)?.publicKey).toEqual(host.signer.publicKey)
  })

  it.each<[string, Partial<Offer>, 'ignore' | 'reject']>([
    ['has expired', { expiresAt: NOW }, 'ignore'],
    ['is in another token', { token: `0x${'71'.repeat(20)}` }, 'ignore'],
    ['never expires', { expiresAt: NOW + 3600 + 121 }, 'reject'],
    ['has no capacity', { resources: { cpuMillis: 0, memoryBytes: 1, diskBytes: 1 } }, 'reject'],
    ['cannot be paid', { owner: `0x${'00'.repeat(20)}` }, 'reject'],
    ['has no tick', { tickSec: 0 }, 'reject']
  ])('leaves out one that %s', (_what, changes, verdict) => {
    const { book, add, seen } = setUp()
    expect(add(1, changes)).toBe(verdict)
    expect(book.size).toBe(0)
    expect(seen).toEqual([])
  })

  it('takes one that expires as late as is allowed', () => {
    expect(setUp().add(1, { expiresAt: NOW + 3600 + 120 })).toBe('accept')
  })

  it('rejects what is forged or no offer, and never throws', () => {
    const { book } = setUp({ recover: recoverNative })
    const { offer } = createHost(1).offer
    const forged = createHost(2).offer.offer
    expect(book.add(bytesOf({ ...offer, signature: forged.signature }))).toBe('reject')
    expect(book.add(bytesOf({ ...offer, body: { ...offer.body, sequence: 2 } }))).toBe('reject')
    // r beyond the order of the curve.
    expect(book.add(bytesOf({ ...offer, signature: new Uint8Array(64).fill(0xff) }))).toBe('reject')
    for (const bytes of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(9 * 1024)]) {
      expect(book.add(bytes)).toBe('reject')
    }
    expect(book.size).toBe(0)
  })

  it('a forgery does not take the place of what it imitates', () => {
    const { book } = setUp({ recover: recoverNative })
    const { offer } = createHost(1).offer
    book.add(bytesOf(offer))
    const forged = { ...createHost(2).offer.offer, body: { ...offer.body, sequence: 9 } }
    expect(book.add(bytesOf(forged))).toBe('reject')
    expect(book.get(offer.body.provider)?.offer).toEqual(offer)
  })
})

describe('offers that expired', () => {
  it('are not handed out', () => {
    const { book, add, clock } = setUp()
    add(1, { expiresAt: NOW + 10 })
    add(2, { expiresAt: NOW + 20 })
    clock.now = NOW + 9
    expect(book.offers()).toHaveLength(2)
    clock.now = NOW + 10
    expect(book.offers().map(({ offer }) => offer.body.provider)).toEqual([cheapSigner(2).address])
    clock.now = NOW + 20
    expect(book.snapshot(1 << 20)).toEqual([])
    expect(book.size).toBe(0)
  })
})

describe('a snapshot', () => {
  it('is what was stored, within the bytes asked for', () => {
    const { book, add } = setUp()
    for (let i = 0; i < 10; i++) add(i)
    const bytes = bytesOf(offerOf(0)).length
    expect(book.snapshot(10 * bytes)).toHaveLength(10)
    expect(book.snapshot(10 * bytes - 1)).toHaveLength(9)
    expect(book.snapshot(bytes - 1)).toEqual([])
    const copy = setUp()
    for (const offer of book.snapshot(10 * bytes)) expect(copy.book.add(offer)).toBe('accept')
    expect(copy.book.size).toBe(10)
  })

  it('that leaves some out does not always leave out the same', () => {
    const { book, add } = setUp()
    for (let i = 0; i < 10; i++) add(i)
    const bytes = bytesOf(offerOf(0)).length
    const first = new Set<string>()
    for (let i = 0; i < 200 && first.size < 10; i++) first.add(String(book.snapshot(bytes)[0]?.slice(-64)))
    expect(first.size).toBe(10)
  })
})

describe('a full book', () => {
  const providersOf = ({ book }: ReturnType<typeof setUp>) =>
    new Set(book.offers().map(({ offer }) => offer.body.provider))

  /** A book that is full with providers 0 to the bound - 1. */
  function full() {
    const scene = setUp()
    for (let i = 0; i < BOOK_OFFERS_MAX; i++) scene.add(i, i === 0 ? { expiresAt: NOW + 5 } : {})
    expect(scene.book.size).toBe(BOOK_OFFERS_MAX)
    return scene
  }

  it('takes a newcomer in the place of somebody', () => {
    const scene = full()
    expect(scene.add(BOOK_OFFERS_MAX)).toBe('accept')
    expect(scene.book.size).toBe(BOOK_OFFERS_MAX)
    expect(scene.book.get(cheapSigner(BOOK_OFFERS_MAX).address)).toBeDefined()
  })

  it('lets nobody go for a newer offer of somebody who is in', () => {
    const scene = full()
    const before = providersOf(scene)
    expect(scene.add(3, { sequence: 2 })).toBe('accept')
    expect(providersOf(scene)).toEqual(before)
  })

  it('lets nobody go for what is not let in', () => {
    const scene = full()
    const before = providersOf(scene)
    expect(scene.add(BOOK_OFFERS_MAX, { tickSec: 0 })).toBe('reject')
    expect(providersOf(scene)).toEqual(before)
  })

  it('drops the expired first', () => {
    const scene = full()
    const before = providersOf(scene)
    scene.clock.now = NOW + 5
    expect(scene.add(BOOK_OFFERS_MAX)).toBe('accept')
    before.delete(cheapSigner(0).address)
    before.add(cheapSigner(BOOK_OFFERS_MAX).address)
    expect(providersOf(scene)).toEqual(before)
  })
})
