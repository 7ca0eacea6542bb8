import {
  type Address,
  CodedError,
  decodeOffer,
  isNewerOffer,
  OFFER_TTL_SEC_MAX,
  type OfferContext,
  type OfferEquivocation,
  type Recover,
  type SignedOffer,
  type SigningDomain,
  type UnixSec,
  type Verdict,
  type VerifiedOffer,
  validateOffer,
  verdictOf
} from '@archipel/protocol'
import { BOOK_BYTES_MAX, BOOK_OWNER_SHARE, OFFER_MEMORY_BYTES, PAST_SEQUENCES_MAX } from '../limits.ts'
import { createContradictions } from './contradictions.ts'
import { createExpiryQueue } from './expiry.ts'
import { createFacets } from './facets.ts'
import type { OfferFilter } from './filter.ts'
import { createPastSequences } from './past-sequences.ts'
import { createShares } from './shares.ts'

/** The offers known here: each verified, one for each provider, none expired. */
export interface Book {
  readonly size: number
  /** Memory that the offers take, as counted: encoded bytes, and what comes with each. */
  readonly bytes: number
  /** Takes an encoded Offer from anybody; says what to think of whoever sent it. Never throws. */
  add(data: Uint8Array, backer?: Address): Verdict
  /**
   * Decodes an Offer and compares it with what is known: most copies arrive after the first and need no second look.
   *
   * @throws CodedError E_MALFORMED, E_OFFER_OLD; E_BAD_SIGNATURE for one that contradicts another and was never signed
   */
  read(data: Uint8Array): SignedOffer
  /** Checks an Offer and its signature. @throws what `validateOffer` throws */
  verify(offer: SignedOffer): VerifiedOffer
  /**
   * Puts in what was read and verified.
   *
   * @param backer whose bond stands behind the provider's key, where that is known
   * @throws CodedError E_OFFER_OLD: a newer one came meanwhile
   */
  enter(verified: VerifiedOffer, data: Uint8Array, backer?: Address): void
  /** Offers that have not expired. */
  offers(filter?: OfferFilter): VerifiedOffer[]
  /** The same as they are kept. */
  entries(filter?: OfferFilter): readonly BookEntry[]
  /** The same as stored bytes, ready to be sent on; at most `bytesMax` in all. */
  snapshot(bytesMax: number, filter?: OfferFilter): Uint8Array[]
  get(provider: Address): VerifiedOffer | undefined
}

/** An offer as the book keeps it. */
export interface BookEntry extends VerifiedOffer {
  /** As it arrived. */
  readonly data: Uint8Array
  readonly backer: Address | undefined
  /** Memory that it takes, as counted. */
  readonly weight: number
}

/** What changed in a book: what came, and what it replaced or what went. */
export interface BookChange {
  readonly added?: BookEntry | undefined
  readonly removed?: BookEntry | undefined
}

export interface BookInit {
  domain: SigningDomain
  recover: Recover
  /** The network's token. */
  token: Address
  nowSec: () => UnixSec
  /** Memory for offers. Default {@link BOOK_BYTES_MAX}. */
  bytesMax?: number | undefined
  /** A number from 0 up to 1; injected so that a test is repeatable. */
  random?: (() => number) | undefined
  onOffer?: ((offer: VerifiedOffer) => void) | undefined
  onChange?: ((change: BookChange) => void) | undefined
  /** Told of providers that signed two different offers with one sequence. */
  onContradiction?: ((proof: OfferEquivocation) => void) | undefined
}

export function createBook(init: BookInit): Book {
  const { domain, recover, token, nowSec, onOffer, onChange, onContradiction } = init
  const { bytesMax = BOOK_BYTES_MAX, random = Math.random } = init
  const entries = new Map<Address, BookEntry>()
  const expiry = createExpiryQueue<BookEntry>()
  const facets = createFacets<BookEntry>()
  const shares = createShares<BookEntry>({ shareMax: bytesMax * BOOK_OWNER_SHARE, random })
  const past = createPastSequences(PAST_SEQUENCES_MAX)
  const contradictions = createContradictions({ domain, recover, onFound: proof => onContradiction?.(proof) })

  function remove(entry: BookEntry): void {
    const { body } = entry.offer
    entries.delete(body.provider)
    expiry.remove(entry, body.expiresAt)
    facets.remove(entry)
    shares.remove(entry)
  }

  /** No longer than any offer may hold, and a while: then everything up to it has expired. */
  function notePast({ offer: { body } }: BookEntry, sequence: number): void {
    past.note(body.provider, sequence, nowSec() + 2 * OFFER_TTL_SEC_MAX)
  }

  function dropExpired(): void {
    for (const entry of expiry.takeExpired(nowSec())) {
      remove(entry)
      notePast(entry, entry.offer.body.sequence)
      onChange?.({ removed: entry })
    }
  }

  /** Before a newcomer is in, so that it is not the one that has to go. */
  function makeRoom(weight: number): void {
    if (shares.weight + weight <= bytesMax) return
    dropExpired()
    while (shares.weight + weight > bytesMax) {
      const unlucky = shares.pick()
      if (unlucky === undefined) return
      remove(unlucky)
      // It may come back as it is, once there is room.
      notePast(unlucky, unlucky.offer.body.sequence - 1)
      onChange?.({ removed: unlucky })
    }
  }

  function checkNews({ body }: SignedOffer): BookEntry | undefined {
    const known = entries.get(body.provider)
    const isNews =
      known === undefined ? body.sequence > past.of(body.provider, nowSec()) : isNewerOffer(body, known.offer.body)
    if (isNews) return known
    throw new CodedError('E_OFFER_OLD', 'a newer offer of this provider is known', {
      facts: { provider: body.provider, sequence: body.sequence }
    })
  }

  function read(data: Uint8Array): SignedOffer {
    const offer = decodeOffer(data)
    try {
      checkNews(offer)
    } catch (err) {
      const known = entries.get(offer.body.provider)
      if (known !== undefined) contradictions.compare(offer, known.offer)
      throw err
    }
    return offer
  }

  function verify(offer: SignedOffer): VerifiedOffer {
    const context: OfferContext = { domain, recover, token, nowSec: nowSec() }
    return validateOffer(offer, context)
  }

  function enter(verified: VerifiedOffer, data: Uint8Array, backer?: Address): void {
    const known = checkNews(verified.offer)
    const { body } = verified.offer
    // A copy of its own: what it was cut from may be a frame of many offers.
    const entry: BookEntry = {
      ...verified,
      data: new Uint8Array(data),
      backer,
      weight: data.length + OFFER_MEMORY_BYTES
    }
    if (known !== undefined) {
      contradictions.remember(known.offer)
      remove(known)
    }
    makeRoom(entry.weight)
    entries.set(body.provider, entry)
    expiry.add(entry, body.expiresAt)
    facets.add(entry)
    shares.add(entry)
    onChange?.({ added: entry, removed: known })
    onOffer?.(verified)
  }

  function find(filter: OfferFilter = {}): BookEntry[] {
    dropExpired()
    return facets.find(filter) ?? [...entries.values()]
  }

  return {
    get size() {
      return entries.size
    },
    get bytes() {
      return shares.weight
    },
    read,
    verify,
    enter,
    add(data, backer) {
      try {
        enter(verify(read(data)), data, backer)
        return 'accept'
      } catch (err) {
        return verdictOf(err)
      }
    },
    offers: find,
    entries: find,
    snapshot(bytesMax, filter) {
      const all = find(filter)
      const out: Uint8Array[] = []
      let total = 0
      // Begun anywhere, so that what does not fit is not always the same.
      const start = Math.floor(random() * all.length)
      for (let i = 0; i < all.length; i++) {
        const { data } = all[(start + i) % all.length] as BookEntry
        total += data.length
        if (total > bytesMax) break
        out.push(data)
      }
      return out
    },
    get: provider => entries.get(provider)
  }
}
