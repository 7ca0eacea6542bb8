import { CodedError } from '../errors.ts'
import type { Offer } from '../offer/offer.ts'
import type { VerifiedOffer } from '../offer/validate.ts'
import { quote } from '../price/price.ts'
import { filterOffers, type PlacementNeed, type Rejection } from './filter.ts'

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
 * Chooses the cheapest offers such that no two replicas share a domain of the kind named, nor an operator: replicas of
 * one operator confirm each other for free.
 *
 * @throws CodedError E_NO_OFFERS when too few are left, saying how many fell to which filter
 */
export function chooseOffers(offers: Iterable<VerifiedOffer>, init: ChooseInit): Placement {
  const all = [...offers]
  const { eligible, rejected } = filterOffers(all, init)
  const taken = new Set((init.kept ?? []).flatMap(offer => domainKeys(offer, init.spread)))
  const chosen: VerifiedOffer[] = []
  for (const candidate of byPrice(eligible, init)) {
    if (chosen.length === init.replicas) break
    const keys = domainKeys(candidate.offer.body, init.spread)
    if (keys.some(key => taken.has(key))) continue
    for (const key of keys) taken.add(key)
    chosen.push(candidate)
  }
  if (chosen.length < init.replicas) throw tooFew(all, eligible, chosen.length, rejected, init)
  return { chosen, seen: all.length, rejected }
}

function domainKeys(offer: Offer, spread: Spread): string[] {
  return [`operator:${offer.owner}`, `${spread}:${domainOf(offer, spread)}`]
}

function byPrice(offers: readonly VerifiedOffer[], { demand }: ChooseInit): VerifiedOffer[] {
  const priced = offers.map(verified => ({ verified, price: quote(verified.offer.body.prices, demand).priceMax }))
  // Provider address breaks ties, so that the same book always gives the same choice.
  priced.sort((a, b) =>
    a.price < b.price
      ? -1
      : a.price > b.price
        ? 1
        : a.verified.offer.body.provider < b.verified.offer.body.provider
          ? -1
          : 1
  )
  return priced.map(({ verified }) => verified)
}

function tooFew(
  all: readonly VerifiedOffer[],
  eligible: readonly VerifiedOffer[],
  found: number,
  rejected: Filtered['rejected'],
  { replicas, spread, demand, regions }: ChooseInit
): CodedError {
  const reasons = Object.entries(rejected).map(([reason, count]) => `${count} ${WORDS[reason as Rejection]}`)
  const apart =
    eligible.length > found
      ? [`${eligible.length - found} in the same ${spread} or of the same operator as a better one`]
      : []
  const cheapest = all
    .filter(({ offer }) => offer.body.runtimes.includes(demand.workload.runtime))
    .map(({ offer }) => quote(offer.body.prices, demand).priceMax)
    .sort((a, b) => (a < b ? -1 : 1))[replicas - 1]
  const hint =
    all.length === 0
      ? 'no provider is known: is the network up, and are the bootstrap addresses right?'
      : (rejected.price ?? 0) > 0 && cheapest !== undefined
        ? `the price ceiling is ${demand.priceMax} for each replica; ${replicas} offers would need ${cheapest}`
        : apart.length > 0
          ? `ask for fewer replicas, or spread over something finer than ${spread}`
          : regions.length > 0
            ? 'widen the regions'
            : 'ask for less memory, cpu or disk'
  return new CodedError(
    'E_NO_OFFERS',
    `${found} of ${replicas} replicas can be placed: ${[`${all.length} offers seen`, ...reasons, ...apart].join(', ')}`,
    {
      facts: {
        seen: all.length,
        eligible: eligible.length,
        found,
        replicas,
        spread,
        rejected,
        cheapest: cheapest ?? null,
        priceMax: demand.priceMax
      },
      hint
    }
  )
}

type Filtered = ReturnType<typeof filterOffers>

const WORDS: Record<Rejection, string> = {
  expired: 'expired',
  token: 'in another token',
  runtime: 'without the runtime',
  resources: 'too small',
  region: 'outside the regions asked for',
  excluded: 'already tried',
  price: 'over the price ceiling'
}
