import type { Offer } from './offer.ts'

/** True when `candidate` replaces `known` from the same provider: a newer sequence wins, whatever its expiry. */
export function isNewerOffer(candidate: Offer, known: Offer | undefined): boolean {
  return known === undefined || candidate.sequence > known.sequence
}
