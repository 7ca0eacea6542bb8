import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BID_TTL_SEC_MAX,
  type Bid,
  bidType,
  CLOCK_SKEW_SEC_MAX,
  DURATION_SEC_MAX,
  demandType,
  digestOf,
  quote,
  RECEIPTS_PER_AGREEMENT_MAX,
  TICK_SEC_MAX,
  tickSecMin,
  validateBid
} from '../../src/index.ts'
import { check, codeOf, expectCode } from '../helpers/check.ts'
import { bidOf, buyer, checks, demandOf, domain, NOW, offerOf, provider } from '../helpers/market.ts'

const offer = offerOf().body
const demand = demandOf().body
const posted = quote(offer.prices, demand)
const context = { ...checks, demand, demandHash: digestOf(domain, demandType, demand), offer }
const latest = NOW + BID_TTL_SEC_MAX + CLOCK_SKEW_SEC_MAX

it('gives the digest of the bid', () => {
  const bid = bidOf(offer, demand)
  expect(validateBid(bid, context)).toBe(digestOf(domain, bidType, bid.body))
})

describe('takes', () => {
  it.each<[string, Partial<Bid>]>([
    ['a bid about to expire', { expiresAt: NOW + 1 }],
    ['the latest expiry', { expiresAt: latest }],
    ['a lower start', { startup: 0n, priceMax: posted.priceMax - posted.startup }],
    ['a lower rate', { rate: posted.rate - 1n, priceMax: posted.priceMax - BigInt(demand.durationSec) }],
    ['a lower cap than rate and duration give', { priceMax: posted.priceMax - 1n }],
    ['a job for nothing', { startup: 0n, rate: 0n, priceMax: 0n }],
    ['a cap of nothing', { priceMax: 0n }],
    ['the shortest tick', { tickSec: tickSecMin({ durationSec: demand.durationSec, fuel: 0 }) }],
    ['the longest tick', { tickSec: TICK_SEC_MAX }]
  ])('%s', (_, changes) => {
    expect(codeOf(() => validateBid(bidOf(offer, demand, changes), context))).toBeUndefined()
  })
})

describe('refuses', () => {
  it.each<[string, string, Partial<Bid>]>([
    ['E_BID_MISMATCH', 'a bid for another demand', { demand: `0x${'12'.repeat(32)}` }],
    ['E_BID_MISMATCH', 'a bid of another provider', { provider: buyer.address }],
    ['E_BID_MISMATCH', 'a bid that pays somebody else', { payee: provider.address }],
    ['E_BID_EXPIRED', 'a bid that expires now', { expiresAt: NOW }],
    ['E_BID_EXPIRED', 'a bid that binds too long to be meant', { expiresAt: latest + 1 }],
    ['E_BID_ABOVE_OFFER', 'a dearer start', { startup: posted.startup + 1n }],
    ['E_BID_ABOVE_OFFER', 'a dearer second', { rate: posted.rate + 1n }],
    ['E_BID_ABOVE_OFFER', 'a dearer second behind the old cap', { rate: posted.rate + 1n, startup: 0n }],
    ['E_BID_ABOVE_OFFER', 'a cap above rate and duration', { priceMax: posted.priceMax + 1n }],
    ['E_BID_ABOVE_OFFER', 'a cap above its own lower rate', { rate: posted.rate - 1n }],
    ['E_BID_ABOVE_OFFER', 'no tick', { tickSec: 0 }],
    ['E_BID_ABOVE_OFFER', 'a tick too long', { tickSec: TICK_SEC_MAX + 1 }],
    ['E_BAD_SIGNATURE', 'a forged bid', {}]
  ])('%s: %s', (code, name, changes) => {
    const signer = name === 'a forged bid' ? buyer : provider
    expectCode(() => validateBid(bidOf(offer, demand, changes, signer), context), code)
  })

  it('E_BID_ABOVE_CAP: a bid above the ceiling, if only by one', () => {
    const at = demandOf({ priceMax: posted.priceMax }).body
    const below = demandOf({ priceMax: posted.priceMax - 1n }).body
    const hashOf = (body: typeof demand) => digestOf(domain, demandType, body)
    const good = { ...context, demand: at, demandHash: hashOf(at) }
    expect(codeOf(() => validateBid(bidOf(offer, at), good))).toBeUndefined()
    const bad = { ...context, demand: below, demandHash: hashOf(below) }
    expectCode(() => validateBid(bidOf(offer, below), bad), 'E_BID_ABOVE_CAP')
  })

  it('a tick so short that its receipts run out before the job is done', () => {
    const long = demandOf({ durationSec: DURATION_SEC_MAX, priceMax: 2n ** 127n }).body
    const demandHash = digestOf(domain, demandType, long)
    const tickSec = tickSecMin({ durationSec: DURATION_SEC_MAX, fuel: 0 })
    const bidWith = (ticks: number) => bidOf(offer, long, { tickSec: ticks })
    expect(codeOf(() => validateBid(bidWith(tickSec), { ...context, demand: long, demandHash }))).toBeUndefined()
    expectCode(() => validateBid(bidWith(tickSec - 1), { ...context, demand: long, demandHash }), 'E_BID_ABOVE_OFFER')
  })
})

it('never takes a bid that could cost more than the ceiling or the posted offer', () => {
  const amounts = fc.bigInt({ min: 0n, max: 2n * posted.priceMax })
  check(
    fc.property(amounts, amounts, amounts, (startup, rate, priceMax) => {
      const bid = bidOf(offer, demand, { startup, rate, priceMax })
      if (codeOf(() => validateBid(bid, { ...context, recover: () => provider })) !== undefined) return
      expect(priceMax <= demand.priceMax && priceMax <= posted.priceMax).toBe(true)
      expect(startup <= posted.startup && rate <= posted.rate).toBe(true)
    }),
    1000
  )
})

describe('tickSecMin', () => {
  it('leaves room for a receipt every half tick and the final one', () => {
    check(
      fc.property(fc.integer({ min: 1, max: DURATION_SEC_MAX }), durationSec => {
        const tickSec = tickSecMin({ durationSec: durationSec, fuel: 0 })
        expect(Math.floor(durationSec / (tickSec / 2)) + 1).toBeLessThanOrEqual(RECEIPTS_PER_AGREEMENT_MAX)
        expect(tickSec).toBeGreaterThanOrEqual(1)
        if (tickSec > 1) expect((2 * durationSec) / (tickSec - 1)).toBeGreaterThan(RECEIPTS_PER_AGREEMENT_MAX - 1)
      })
    )
  })

  it('is within the longest tick for the longest job', () => {
    expect(tickSecMin({ durationSec: DURATION_SEC_MAX, fuel: 0 })).toBeLessThanOrEqual(TICK_SEC_MAX)
  })
})
