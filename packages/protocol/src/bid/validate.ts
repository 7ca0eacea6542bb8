import type { Demand } from '../demand/demand.ts'
import { CodedError } from '../errors.ts'
import { BID_TTL_SEC_MAX, CLOCK_SKEW_SEC_MAX, TICK_SEC_MAX } from '../limits.ts'
import { workMax } from '../measure/measure.ts'
import type { Offer } from '../offer/offer.ts'
import { priceOf, quote } from '../price/price.ts'
import { type Hash, sameHex, type UnixSec } from '../primitives/hex.ts'
import { type Recover, type Signed, type SigningDomain, signed, verify } from '../signature/index.ts'
import { type Bid, bidType, tickSecMin } from './bid.ts'

export const signedBidType = signed(bidType)
export type SignedBid = Signed<Bid>

export interface BidContext {
  domain: SigningDomain
  recover: Recover
  nowSec: UnixSec
  demand: Demand
  demandHash: Hash
  /** The posted Offer the Demand was sent for: a Bid above it is a bait. */
  offer: Offer
}

/**
 * Checks a Bid as the buyer: it answers this Demand, comes from this provider, keeps to its posted Offer and the ceiling.
 *
 * @returns the Bid's digest
 * @throws CodedError E_BID_MISMATCH, E_BID_EXPIRED, E_BID_ABOVE_OFFER, E_BID_ABOVE_CAP, E_BAD_SIGNATURE
 */
export function validateBid(bid: SignedBid, { domain, recover, nowSec, demand, demandHash, offer }: BidContext): Hash {
  const { body } = bid
  if (
    !sameHex(body.demand, demandHash) ||
    !sameHex(body.provider, offer.provider) ||
    !sameHex(body.payee, offer.owner)
  ) {
    throw new CodedError('E_BID_MISMATCH', `the bid of ${offer.provider} answers another demand`, {
      facts: { demand: demandHash, bidDemand: body.demand, provider: body.provider, payee: body.payee }
    })
  }
  if (body.expiresAt <= nowSec || body.expiresAt > nowSec + BID_TTL_SEC_MAX + CLOCK_SKEW_SEC_MAX) {
    throw new CodedError('E_BID_EXPIRED', `the bid of ${offer.provider} has no sensible expiry`, {
      facts: { expiresAt: body.expiresAt, nowSec }
    })
  }
  const posted = quote(offer.prices, demand)
  const consistent = body.startup + priceOf(body.rate, demand, workMax(demand))
  if (
    body.startup > posted.startup ||
    body.rate > posted.rate ||
    body.priceMax > consistent ||
    // A tick too short would run out of receipts before the job is done, and blame the buyer.
    body.tickSec < tickSecMin(demand) ||
    body.tickSec > TICK_SEC_MAX
  ) {
    throw new CodedError('E_BID_ABOVE_OFFER', `the bid of ${offer.provider} is above its own offer`, {
      facts: { posted: posted.priceMax, bid: body.priceMax, tickSec: body.tickSec },
      hint: 'its offer may just have changed: try again'
    })
  }
  if (body.priceMax > demand.priceMax) {
    throw new CodedError('E_BID_ABOVE_CAP', `the bid of ${offer.provider} is above the price ceiling`, {
      facts: { priceMax: demand.priceMax, bid: body.priceMax }
    })
  }
  return verify(bid, body.provider, { domain, recover, type: bidType }).digest
}
