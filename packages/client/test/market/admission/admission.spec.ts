import type { Address, Offer, Verdict } from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { createAdmission } from '../../../src/market/admission/admission.ts'
import type { Backing, BondedKeys } from '../../../src/market/admission/bonded-keys.ts'
import { createBook } from '../../../src/market/book/book.ts'
import { OFFER_PACE_BURST, OFFER_PACE_PER_SEC, STRANGER_COST } from '../../../src/market/limits.ts'
import { shardOf, shardsFor } from '../../../src/market/shards.ts'
import { domain, NOW, TOKEN } from '../../job/host.ts'
import { bytesOf, cheapSigner, offerOf, recoverCheap } from '../offers.ts'

const OWNER: Address = `0x${'0e'.repeat(20)}`
const peer = (name: string) => ({ toString: () => name }) as PeerId
const BOB = peer('bob')

/** Keys that a test calls bonded, strange, or unknown to a chain that does not answer. */
function keysOf(say: (n: number) => Backing['type']): BondedKeys & { asked: number } {
  const backings = new Map<string, Backing['type']>()
  for (let n = 0; n < 200; n++) backings.set(cheapSigner(n).address, say(n))
  const seen = new Map<string, Backing>()
  return {
    asked: 0,
    peek: key => seen.get(key),
    async ask(key) {
      this.asked++
      const type = backings.get(key) ?? 'none'
      const backing: Backing = type === 'owner' ? { type, owner: OWNER } : { type }
      if (type !== 'unknown') seen.set(key, backing)
      return backing
    },
    facts: () => [],
    restore: () => {},
    stop: () => {}
  }
}

function setUp({ bonded, shards = 1 }: { bonded?: BondedKeys; shards?: number } = {}) {
  const clock = { sec: NOW, ms: 0 }
  const blamed = new Map<string, number>()
  const recovered = { count: 0 }
  const book = createBook({
    domain,
    token: TOKEN,
    nowSec: () => clock.sec,
    recover(digest, signature) {
      recovered.count++
      return recoverCheap(digest, signature)
    }
  })
  const admission = createAdmission({
    book,
    bonded,
    shards,
    nowMs: () => clock.ms,
    blame: (from, cost) => void blamed.set(String(from), (blamed.get(String(from)) ?? 0) + cost)
  })
  const judge = (n: number, offer: Partial<Offer> = {}, from = BOB, shard = 0) =>
    Promise.resolve(admission.judge(bytesOf(offerOf(n, offer)), from, shard))
  return { book, admission, judge, clock, blamed, recovered }
}

describe('an offer that is gossiped', () => {
  it('enters the book and is passed on when a bond stands behind its key, and the chain is asked once', async () => {
    const bonded = keysOf(() => 'owner')
    const { judge, book } = setUp({ bonded })
    expect(await judge(1)).toBe('accept')
    expect(await judge(1, { sequence: 2 })).toBe('accept')
    expect(book.entries()).toMatchObject([{ backer: OWNER }])
    expect(bonded.asked).toBe(1)
  })

  it('of a key without a bond does not enter and is not passed on; from then on it is not even verified', async () => {
    const { judge, book, recovered, blamed } = setUp({ bonded: keysOf(() => 'none') })
    expect(await judge(1)).toBe('ignore')
    const before = recovered.count
    for (let sequence = 2; sequence < 50; sequence++) expect(await judge(1, { sequence })).toBe('ignore')
    expect(recovered.count).toBe(before)
    expect(book.size).toBe(0)
    expect(blamed.get('bob')).toBe(STRANGER_COST + 48)
  })

  it('is ignored and never rejected while the chain does not say, and nobody is blamed', async () => {
    const { judge, book, blamed } = setUp({ bonded: keysOf(() => 'unknown') })
    for (let n = 0; n < 20; n++) expect(await judge(n)).toBe('ignore')
    expect(book.size).toBe(0)
    expect(blamed.size).toBe(0)
  })

  it('of any key will do where there are no bonds', async () => {
    const { judge, book } = setUp()
    expect(await judge(1)).toBe('accept')
    expect(book.size).toBe(1)
  })

  it('that is forged has the chain asked for nothing', async () => {
    const bonded = keysOf(() => 'owner')
    const { admission } = setUp({ bonded })
    const forged = bytesOf({ ...offerOf(1), signature: offerOf(2).signature })
    expect(await admission.judge(forged, BOB, 0)).toBe('reject')
    expect(bonded.asked).toBe(0)
  })

  it('costs nothing when it is replayed later, and is not passed on', async () => {
    const { judge, clock, recovered, blamed } = setUp({ bonded: keysOf(() => 'owner') })
    const old = { sequence: 5, expiresAt: NOW + 3600 }
    await judge(1, old)
    await judge(1, { sequence: 6, expiresAt: NOW + 60 })
    const before = recovered.count
    for (const sec of [60, 600, 3599]) {
      clock.sec = NOW + sec
      expect(await judge(1, old)).toBe('ignore')
    }
    expect(recovered.count).toBe(before)
    expect(blamed.get('bob')).toBe(3)
  })

  it('is passed on only so often for one provider, never rejected for it, and others are not held up', async () => {
    const { judge, clock, book, recovered } = setUp({ bonded: keysOf(() => 'owner') })
    let sequence = 0
    const offer = () => judge(1, { sequence: ++sequence })
    for (let i = 0; i < OFFER_PACE_BURST; i++) expect(await offer()).toBe('accept')
    const before = recovered.count
    for (let i = 0; i < 100; i++) expect(await offer()).toBe('ignore')
    // Not even verified.
    expect(recovered.count).toBe(before)
    expect(await judge(2)).toBe('accept')
    clock.ms += 1_000 / OFFER_PACE_PER_SEC
    expect(await offer()).toBe('accept')
    expect(await offer()).toBe('ignore')
    expect(book.get(cheapSigner(1).address)?.offer.body.sequence).toBe(sequence - 1)
  })

  it('that somebody forged does not use up the pace of its provider', async () => {
    const { judge, admission } = setUp()
    for (let i = 0; i < 20; i++) {
      const forged = { ...offerOf(1, { sequence: 9 + i }), signature: offerOf(2).signature }
      expect(await admission.judge(bytesOf(forged), BOB, 0)).toBe('reject')
    }
    expect(await judge(1)).toBe('accept')
  })

  it('on the topic of another shard is rejected: nobody passes that on', async () => {
    const shards = 4
    const { judge } = setUp({ shards })
    const shard = shardOf('r1', shards)
    expect(await judge(1, {}, BOB, (shard + 1) % shards)).toBe('reject')
    expect(await judge(1, {}, BOB, shard)).toBe('accept')
  })
})

describe('who is blamed', () => {
  it('is not a neighbour that brings a few keys which have lost their bond, among many that have one', async () => {
    const bonded = keysOf(n => (n % 10 === 9 ? 'none' : 'owner'))
    const { judge, blamed } = setUp({ bonded })
    for (let n = 0; n < 200; n++) await judge(n)
    expect(blamed.get('bob')).toBe(20)
  })

  it('is one that makes keys up, for each much more than for what is merely old', async () => {
    const { judge, blamed } = setUp({ bonded: keysOf(() => 'none') })
    for (let n = 0; n < 40; n++) await judge(n, {}, peer('mallory'))
    expect(blamed.get('mallory')).toBe(40 * STRANGER_COST)
  })
})

describe('offers of another’s book', () => {
  const pageOf = (...offers: [n: number, changes?: Partial<Offer>][]) =>
    offers.map(([n, changes]) => bytesOf(offerOf(n, changes)))
  const signal = new AbortController().signal

  it('enter in one go, those with a bond behind them', async () => {
    const { admission, book } = setUp({ bonded: keysOf(n => (n < 5 ? 'owner' : 'none')) })
    const page = pageOf(...Array.from({ length: 10 }, (_, n): [number] => [n]))
    expect(await admission.take(page, signal)).toEqual({ added: 5, bad: 0 })
    expect(book.size).toBe(5)
    expect(await admission.take(page, signal)).toEqual({ added: 0, bad: 0 })
  })

  it('are counted against who sent them when nobody signed them', async () => {
    const { admission } = setUp()
    const forged = bytesOf({ ...offerOf(3), signature: new Uint8Array(64) })
    expect(await admission.take([...pageOf([1]), forged, new Uint8Array(9)], signal)).toEqual({ added: 1, bad: 2 })
  })

  it('keep the newest, also when a newer one comes by gossip while the chain is asked', async () => {
    const { admission, judge, book } = setUp({ bonded: keysOf(() => 'owner') })
    const taken = admission.take(pageOf([1, { sequence: 1 }]), signal)
    const verdict: Verdict = await judge(1, { sequence: 2 })
    expect(verdict).toBe('accept')
    await taken
    expect(book.get(cheapSigner(1).address)?.offer.body.sequence).toBe(2)
  })
})

describe('shards', () => {
  it('are the same for everybody, and only those that are looked for are needed', () => {
    expect(shardOf('eu-west', 1)).toBe(0)
    const shards = 8
    const regions = Array.from({ length: 200 }, (_, i) => `region-${i}`)
    expect(new Set(regions.map(region => shardOf(region, shards))).size).toBe(shards)
    expect(shardsFor({}, shards)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(shardsFor({ regions: ['eu-west', 'eu-west'] }, shards)).toEqual([shardOf('eu-west', shards)])
  })
})
