import { faultOf, type Offer, type OfferEquivocation, type SignedOffer, validateEquivocation } from '@archipel/protocol'
import { describe, expect, it, vi } from 'vitest'
import { createBook } from '../../../src/market/book/book.ts'
import { createContradictions } from '../../../src/market/book/contradictions.ts'
import { OFFERS_REMEMBERED_MAX, OFFERS_REMEMBERED_PER_PROVIDER, TOLD_MAX } from '../../../src/market/limits.ts'
import { domain, NOW, TOKEN } from '../../job/host.ts'
import { bytesOf, cheapSigner, offerOf, recoverCheap } from '../offers.ts'

// The real bounds take seconds to fill: every offer is hashed.
vi.mock('../../../src/market/limits.ts', async original => ({
  ...(await original<object>()),
  OFFERS_REMEMBERED_MAX: 50,
  TOLD_MAX: 20
}))

const context = { domain, recover: recoverCheap }

function setUp() {
  const found: OfferEquivocation[] = []
  const book = createBook({ ...context, token: TOKEN, nowSec: () => NOW, onContradiction: proof => found.push(proof) })
  const add = (sequence: number, changes: Partial<Offer> = {}) =>
    book.add(bytesOf(offerOf(1, { sequence, ...changes })))
  return { book, found, add }
}

describe('a provider that signs two offers with one sequence', () => {
  it('is found out, with a proof that others can check, whichever comes first', () => {
    const { found, add, book } = setUp()
    expect(add(5)).toBe('accept')
    // Whoever passed it on may have heard of no other.
    expect(add(5, { version: 'other' })).toBe('ignore')
    expect(found).toHaveLength(1)
    expect(validateEquivocation(found[0]!, context)).toBe(faultOf(found[0]!))
    expect(found[0]).toMatchObject({ first: { body: { version: '1' } }, second: { body: { version: 'other' } } })
    expect(book.offers()).toHaveLength(1)
  })

  it('is found out although a newer offer has replaced the first, and although the second has expired', () => {
    const { found, add } = setUp()
    for (let sequence = 5; sequence <= 5 + OFFERS_REMEMBERED_PER_PROVIDER; sequence++) add(sequence)
    add(5, { expiresAt: NOW - 10 })
    expect(found).toHaveLength(1)
    add(6 + OFFERS_REMEMBERED_PER_PROVIDER)
    // By now the oldest of them is forgotten.
    add(5, { version: 'third' })
    add(6, { token: cheapSigner(9).address })
    expect(found.map(({ first }) => first.body.sequence)).toEqual([5, 6])
  })

  it('is told of once for each sequence', () => {
    const { found, add } = setUp()
    add(5)
    for (const version of ['a', 'b', 'a']) expect(add(5, { version })).toBe('ignore')
    add(6)
    add(6, { version: 'a' })
    expect(found.map(({ first }) => first.body.sequence)).toEqual([5, 6])
  })
})

describe('nobody contradicts himself', () => {
  it('by repeating what he said', () => {
    const { found, add } = setUp()
    for (const _ of [1, 2, 3]) add(5)
    expect(found).toEqual([])
  })

  it('by what others sign in his name; whoever sends that is no honest peer', () => {
    const { found, add, book } = setUp()
    add(5)
    const forged: SignedOffer = {
      ...offerOf(1, { sequence: 5, version: 'other' }),
      signature: offerOf(2, { sequence: 5 }).signature
    }
    expect(book.add(bytesOf(forged))).toBe('reject')
    expect(found).toEqual([])
    // It leaves the door open for the real one.
    add(5, { version: 'real' })
    expect(found).toHaveLength(1)
  })

  it('by an old offer that nothing is known to contradict', () => {
    const { found, add } = setUp()
    add(7)
    expect(add(3)).toBe('ignore')
    expect(found).toEqual([])
  })
})

describe('what is remembered', () => {
  it('is bounded over all providers: who was heard of longest ago is forgotten first', () => {
    const found: OfferEquivocation[] = []
    const memory = createContradictions({ ...context, onFound: proof => found.push(proof) })
    for (let i = 0; i <= OFFERS_REMEMBERED_MAX; i++) memory.remember(offerOf(i, { sequence: 1 }))
    const compare = (i: number) =>
      memory.compare(offerOf(i, { sequence: 1, version: 'other' }), offerOf(i, { sequence: 2 }))
    compare(0)
    expect(found).toEqual([])
    compare(1)
    compare(OFFERS_REMEMBERED_MAX)
    expect(found).toHaveLength(2)
  })

  it('of what was told is bounded too: the oldest is looked at again, and told again', () => {
    let count = 0
    const memory = createContradictions({ ...context, onFound: () => count++ })
    const compare = (i: number) =>
      memory.compare(offerOf(i, { sequence: 1, version: 'other' }), offerOf(i, { sequence: 1 }))
    for (let i = 0; i < TOLD_MAX; i++) compare(i)
    compare(0)
    expect(count).toBe(TOLD_MAX)
    compare(TOLD_MAX)
    compare(0)
    expect(count).toBe(TOLD_MAX + 2)
  })
})
