import { CodedError } from '../errors.ts'
import { CLOCK_SKEW_SEC_MAX, OFFER_BYTES_MAX, OFFER_TTL_SEC_MAX, TICK_SEC_MAX } from '../limits.ts'
import { type Address, sameHex, type UnixSec, ZERO_ADDRESS } from '../primitives/hex.ts'
import { decode, SchemaError } from '../schema/index.ts'
import { type Recover, type Signed, type SigningDomain, signed, verify } from '../signature/index.ts'
import { type Offer, offerType } from './offer.ts'

export const signedOfferType = signed(offerType)
export type SignedOffer = Signed<Offer>

/** An Offer whose signature was checked, with what the signature proves. */
export interface VerifiedOffer {
  readonly offer: SignedOffer
  /** Compressed secp256k1 key of the provider: its PeerId. */
  readonly publicKey: Uint8Array
}

export interface OfferContext {
  domain: SigningDomain
  recover: Recover
  nowSec: UnixSec
  /** The network's token; offers in another are of no use here. */
  token: Address
}

/** @throws SchemaError for anything that is not the canonical bytes of a signed Offer within bounds */
export function decodeOffer(data: Uint8Array): SignedOffer {
  if (data.length > OFFER_BYTES_MAX) throw new SchemaError('Offer', `at most ${OFFER_BYTES_MAX} bytes`, data)
  return decode(signedOfferType, data)
}

/**
 * Checks an Offer: cheap things first, the signature last.
 *
 * @throws CodedError E_OFFER_EXPIRED, E_OFFER_EARLY, E_OFFER_OTHER_TOKEN (not useful), E_OFFER_ABSURD, E_BAD_SIGNATURE (not honest)
 */
export function validateOffer(offer: SignedOffer, { domain, recover, nowSec, token }: OfferContext): VerifiedOffer {
  const { body } = offer
  if (body.expiresAt <= nowSec) {
    throw new CodedError('E_OFFER_EXPIRED', `the offer of ${body.provider} expired`, {
      facts: { provider: body.provider, expiresAt: body.expiresAt, nowSec }
    })
  }
  const aheadSec = body.expiresAt - nowSec - OFFER_TTL_SEC_MAX
  // Somebody whose clock is as far ahead as an honest one may be took it, and passed it on in good faith.
  if (aheadSec > 2 * CLOCK_SKEW_SEC_MAX) absurd(offer, 'expires too far ahead')
  if (aheadSec > CLOCK_SKEW_SEC_MAX) {
    throw new CodedError('E_OFFER_EARLY', `the offer of ${body.provider} is from the future`, {
      facts: { provider: body.provider, expiresAt: body.expiresAt, nowSec }
    })
  }
  if (body.tickSec < 1 || body.tickSec > TICK_SEC_MAX) absurd(offer, `tickSec is not 1…${TICK_SEC_MAX}`)
  if (sameHex(body.owner, ZERO_ADDRESS)) absurd(offer, 'the zero address cannot be paid')
  if (body.resources.cpuMillis === 0 || body.resources.memoryBytes === 0) absurd(offer, 'no capacity')
  if (!sameHex(body.token, token)) {
    throw new CodedError('E_OFFER_OTHER_TOKEN', `the offer of ${body.provider} asks for another token`, {
      facts: { provider: body.provider, token: body.token }
    })
  }
  const { key } = verify(offer, body.provider, { domain, recover, type: offerType })
  return { offer, publicKey: key.publicKey }
}

function absurd({ body }: SignedOffer, why: string): never {
  throw new CodedError('E_OFFER_ABSURD', `the offer of ${body.provider} is absurd: ${why}`, {
    facts: { provider: body.provider, why }
  })
}
