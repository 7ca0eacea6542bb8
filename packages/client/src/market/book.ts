import {
  type Address,
  CodedError,
  decodeOffer,
  encode,
  isNewerOffer,
  type OfferContext,
  type OfferEquivocation,
  type Recover,
  type SigningDomain,
  signedOfferType,
  type UnixSec,
  type Verdict,
  type VerifiedOffer,
  validateOffer,
  verdictOf
} from '@archipel/protocol'
import { createContradictions } from './contradictions.ts'
import { BOOK_OFFERS_MAX } from './limits.ts'

/** The offers known here: each verified, one for each provider, none expired. */
export interface Book {
  readonly size: number
  /** Takes an encoded Offer from anybody; says what to think of whoever sent it. Never throws. */
  add(data: Uint8Array): Verdict
  /** Offers that have not expired. */
  offers(): VerifiedOffer[]
  /** The same as stored bytes, ready to be sent on; at most `bytesMax` in all. */
  snapshot(bytesMax: number): Uint8Array[]
  get(provider: Address): VerifiedOffer | undefined
}

export interface BookInit {
  domain: SigningDomain
  recover: Recover
  /** The network's token. */
  token: Address
  nowSec: () => UnixSec
  onOffer?: (offer: VerifiedOffer) => void
  /** Told of providers that signed two different offers with one sequence. */
  onContradiction?: ((proof: OfferEquivocation) => void) | undefined
}

interface Entry extends VerifiedOffer {
  readonly bytes: Uint8Array
}

export function createBook({ domain, recover, token, nowSec, onOffer, onContradiction }: BookInit): Book {
  const entries = new Map<Address, Entry>()
  const contradictions = createContradictions({ domain, recover, onFound: proof => onContradiction?.(proof) })

  function dropExpired(): void {
    const now = nowSec()
    for (const [provider, { offer }] of entries) if (offer.body.expiresAt <= now) entries.delete(provider)
  }

  /** Anyone, by chance: were newcomers refused, whoever fills the book first would own it. */
  function dropAny(): void {
    const unlucky = [...entries.keys()][Math.floor(Math.random() * entries.size)]
    if (unlucky !== undefined) entries.delete(unlucky)
  }

  function admit(data: Uint8Array): VerifiedOffer {
    const offer = decodeOffer(data)
    const known = entries.get(offer.body.provider)
    // Before the signature: most copies of an Offer arrive after the first and need no second look.
    if (known !== undefined && !isNewerOffer(offer.body, known.offer.body)) {
      contradictions.compare(offer, known.offer)
      throw new CodedError('E_OFFER_OLD', 'a newer offer of this provider is known', {
        facts: { provider: offer.body.provider, sequence: offer.body.sequence }
      })
    }
    const context: OfferContext = { domain, recover, token, nowSec: nowSec() }
    const verified = validateOffer(offer, context)
    if (known === undefined && entries.size >= BOOK_OFFERS_MAX) {
      dropExpired()
      if (entries.size >= BOOK_OFFERS_MAX) dropAny()
    }
    if (known !== undefined) contradictions.remember(known.offer)
    entries.set(offer.body.provider, { ...verified, bytes: encode(signedOfferType, offer) })
    return verified
  }

  return {
    get size() {
      return entries.size
    },
    add(data) {
      try {
        const verified = admit(data)
        onOffer?.(verified)
        return 'accept'
      } catch (err) {
        return verdictOf(err)
      }
    },
    offers() {
      dropExpired()
      return [...entries.values()]
    },
    snapshot(bytesMax) {
      dropExpired()
      const out: Uint8Array[] = []
      let total = 0
      const all = [...entries.values()]
      // Begun anywhere, so that what does not fit is not always the same.
      const start = Math.floor(Math.random() * all.length)
      for (const { bytes } of [...all.slice(start), ...all.slice(0, start)]) {
        total += bytes.length
        if (total > bytesMax) break
        out.push(bytes)
      }
      return out
    },
    get: provider => entries.get(provider)
  }
}
