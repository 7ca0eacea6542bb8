import type { Address, Offer, VerifiedOffer } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { recoverNative } from '../../../src/crypto/signer-node.ts'
import { type BookInit, createBook } from '../../../src/market/book/book.ts'
import { OFFER_MEMORY_BYTES } from '../../../src/market/limits.ts'
import { createHost, domain, NOW, TOKEN } from '../../job/host.ts'
import { bytesOf, cheapSigner, offerOf, recoverCheap } from '../offers.ts'

/** Offers that fit into the books of these tests, and no more: the real bound takes long to fill. */
const OFFERS_MAX = 50
const OFFER_BYTES = bytesOf(offerOf(0)).length + OFFER_MEMORY_BYTES

function setUp(changes: Partial<BookInit> = {}) {
  const clock = { now: NOW }
  const seen: VerifiedOffer[] = []
  const book = createBook({
    domain,
    recover: recoverCheap,
    token: TOKEN,
    nowSec: () => clock.now,
    onOffer: offer => seen.push(offer),
    bytesMax: OFFERS_MAX * OFFER_BYTES,
    ...changes
  })
  const add = (n: number, offer: Partial<Offer> = {}, backer?: Address) => book.add(bytesOf(offerOf(n, offer)), backer)
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
    ['is from the future', { expiresAt: NOW + 3600 + 121 }, 'ignore'],
    ['is from as far in the future as an honest relay’s clock may be', { expiresAt: NOW + 3600 + 240 }, 'ignore'],
    ['is in another token', { token: `0x${'71'.repeat(20)}` }, 'ignore'],
    ['never expires', { expiresAt: NOW + 3600 + 241 }, 'reject'],
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

describe('an old offer', () => {
  it('does not come back once what replaced it has expired', () => {
    const { add, clock, book } = setUp()
    const old = { sequence: 5, expiresAt: NOW + 3600 }
    add(1, old)
    add(1, { sequence: 6, expiresAt: NOW + 10 })
    clock.now = NOW + 600
    expect(book.offers()).toEqual([])
    expect(add(1, old)).toBe('ignore')
    expect(add(1, { sequence: 7, expiresAt: NOW + 1200 })).toBe('accept')
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
    for (let i = 0; i < OFFERS_MAX; i++) scene.add(i, i === 0 ? { expiresAt: NOW + 5 } : {})
    expect(scene.book.size).toBe(OFFERS_MAX)
    return scene
  }

  it('takes a newcomer in the place of somebody', () => {
    const scene = full()
    expect(scene.add(OFFERS_MAX)).toBe('accept')
    expect(scene.book.size).toBe(OFFERS_MAX)
    expect(scene.book.get(cheapSigner(OFFERS_MAX).address)).toBeDefined()
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
    expect(scene.add(OFFERS_MAX, { tickSec: 0 })).toBe('reject')
    expect(providersOf(scene)).toEqual(before)
  })

  it('drops the expired first', () => {
    const scene = full()
    const before = providersOf(scene)
    scene.clock.now = NOW + 5
    expect(scene.add(OFFERS_MAX)).toBe('accept')
    before.delete(cheapSigner(0).address)
    before.add(cheapSigner(OFFERS_MAX).address)
    expect(providersOf(scene)).toEqual(before)
  })

  it('counts what it holds, and holds no more than it may', () => {
    const scene = full()
    for (let i = 0; i < 3 * OFFERS_MAX; i++) {
      scene.add(OFFERS_MAX + i)
      expect(scene.book.bytes).toBeLessThanOrEqual(OFFERS_MAX * OFFER_BYTES)
      expect(scene.book.bytes).toBe(scene.book.size * OFFER_BYTES)
    }
  })

  it('holds fewer of those that are larger', () => {
    const scene = full()
    for (let i = 0; i < OFFERS_MAX; i++) scene.add(1000 + i, { multiaddrs: new Array(8).fill('x'.repeat(320)) })
    expect(scene.book.size).toBeLessThan(0.8 * OFFERS_MAX)
    expect(scene.book.bytes).toBeLessThanOrEqual(OFFERS_MAX * OFFER_BYTES)
  })

  it('takes one back that had to go, once there is room', () => {
    const scene = full()
    const before = providersOf(scene)
    scene.add(OFFERS_MAX)
    const gone = [...Array(OFFERS_MAX).keys()].find(i => scene.book.get(cheapSigner(i).address) === undefined)!
    expect(before).toContain(cheapSigner(gone).address)
    scene.clock.now = NOW + 5
    if (gone === 0) return
    expect(scene.add(gone)).toBe('accept')
  })

  it('gives one owner no more than its share, however many keys it has', () => {
    const scene = setUp()
    const flooder: Address = `0x${'f1'.repeat(20)}`
    for (let i = 0; i < OFFERS_MAX; i++) scene.add(i, {}, `0x${String(i).padStart(40, '0')}`)
    const before = providersOf(scene)
    for (let i = 0; i < 20 * OFFERS_MAX; i++) scene.add(10_000 + i, {}, flooder)
    const left = [...providersOf(scene)].filter(provider => before.has(provider))
    // A twentieth of the book, and the one that makes it too much.
    expect(scene.book.size - left.length).toBeLessThanOrEqual(OFFERS_MAX / 20 + 1)
    expect(left.length).toBeGreaterThanOrEqual(OFFERS_MAX - OFFERS_MAX / 20 - 1)
  })

  it('takes honest newcomers while one owner floods it', () => {
    const scene = setUp()
    const flooder: Address = `0x${'f1'.repeat(20)}`
    for (let i = 0; i < 5 * OFFERS_MAX; i++) scene.add(10_000 + i, {}, flooder)
    for (let i = 0; i < OFFERS_MAX / 2; i++) {
      scene.add(i, {}, `0x${String(i).padStart(40, '0')}`)
      for (let k = 0; k < 5; k++) scene.add(20_000 + 5 * i + k, {}, flooder)
    }
    for (let i = 0; i < OFFERS_MAX / 2; i++) expect(scene.book.get(cheapSigner(i).address)).toBeDefined()
  })
})
