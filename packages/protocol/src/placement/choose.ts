import type { Offer } from '../offer/offer.ts'
import type { VerifiedOffer } from '../offer/validate.ts'
import { quote } from '../price/price.ts'
import { tooFewOffers } from './explain.ts'
import { filterOffers, type PlacementNeed, type Rejection } from './filter.ts'
import { type Candidate, cheapestApart } from './match.ts'

/** Kinds of failure domain replicas can be spread over. */
export const SPREADS = ['operator', 'site', 'network', 'region', 'grid'] as const
export type Spread = (typeof SPREADS)[number]

export interface Placement {
  /** One for each replica, cheapest first. */
  readonly chosen: readonly VerifiedOffer[]
  /** How many offers were looked at, and why the others fell out. */
  readonly seen: number
  readonly rejected: Readonly<Partial<Record<Rejection, number>>>
}

/** The failure domain an Offer sits in. Its operator is the address it is paid at. */
export function domainOf(offer: Offer, spread: Spread): string {
  return spread === 'operator' ? offer.owner : offer.domains[spread]
}

export interface ChooseInit extends PlacementNeed {
  replicas: number
  spread: Spread
  /** Replicas that stay: new ones must not share a domain with them. */
  kept?: readonly Offer[]
}

/**
 * Chooses the cheapest set of offers such that no two replicas share a domain of the kind named, nor an operator: replicas of
 * one operator confirm each other for free.
 *
 * @throws CodedError E_NO_OFFERS when too few are left, saying how many fell to which filter
 */
export function chooseOffers(offers: Iterable<VerifiedOffer>, init: ChooseInit): Placement {
  const all = [...offers]
  const filtered = filterOffers(all, init)
  const chosen = cheapestApart(candidatesOf(filtered.eligible, init), init.replicas).map(({ item }) => item)
  if (chosen.length < init.replicas) throw tooFewOffers(all, filtered, chosen.length, init)
  return { chosen, seen: all.length, rejected: filtered.rejected }
}

/** Offers that share nothing with the replicas that stay, cheapest first. */
function candidatesOf(
  offers: readonly VerifiedOffer[],
  { demand, spread, kept = [] }: ChooseInit
): Candidate<VerifiedOffer>[] {
  const operators = new Set(kept.map(({ owner }) => owner))
  const domains = new Set(kept.map(offer => domainOf(offer, spread)))
  return offers
    .map(item => {
      const { body } = item.offer
      const price = quote(body.prices, demand).priceMax
      return { item, operator: body.owner, domain: domainOf(body, spread), price }
    })
    .filter(({ operator, domain }) => !operators.has(operator) && !domains.has(domain))
    .sort((a, b) => (a.price === b.price ? byProvider(a.item, b.item) : a.price < b.price ? -1 : 1))
}

/** Breaks ties, so that the same offers always give the same choice. */
function byProvider(a: VerifiedOffer, b: VerifiedOffer): number {
  return a.offer.body.provider < b.offer.body.provider ? -1 : 1
}
