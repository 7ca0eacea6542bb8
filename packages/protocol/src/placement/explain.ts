import { CodedError } from '../errors.ts'
import type { VerifiedOffer } from '../offer/validate.ts'
import { quote } from '../price/price.ts'
import type { ChooseInit } from './choose.ts'
import { type Filtered, type Rejection, rejectionOf } from './filter.ts'

/** How offers that were passed over are counted aloud. */
export const REJECTION_WORDS: Readonly<Record<Rejection, string>> = {
  expired: 'expired',
  token: 'in another token',
  runtime: 'without the runtime',
  resources: 'too small',
  region: 'outside the regions asked for',
  excluded: 'already tried',
  price: 'over the price ceiling'
}

const HINTS: Record<Rejection, string> = {
  expired: 'wait for fresh offers: providers send them every few minutes',
  token: 'use a network whose providers take this token',
  runtime: 'use another runtime',
  resources: 'ask for less memory, cpu or disk',
  region: 'widen the regions',
  excluded: 'every provider that fits was tried: try again later',
  price: 'raise the price ceiling'
}

/** Why too few replicas can be placed, in numbers and with the next thing to try. */
export function tooFewOffers(
  all: readonly VerifiedOffer[],
  { eligible, rejected }: Filtered,
  found: number,
  init: ChooseInit
): CodedError {
  const { replicas, spread, demand } = init
  const reasons = Object.entries(rejected).map(([reason, count]) => `${count} ${REJECTION_WORDS[reason as Rejection]}`)
  const shared = eligible.length - found
  if (shared > 0) reasons.push(`${shared} in the same ${spread} or of the same operator as another replica`)
  const cheapest = ceilingNeeded(all, init)
  const message = `${found} of ${replicas} replicas can be placed: ${[`${all.length} offers seen`, ...reasons].join(', ')}`
  return new CodedError('E_NO_OFFERS', message, {
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
    hint: hintOf(all.length, rejected, shared, cheapest, init)
  })
}

/** The ceiling under which enough offers would come. Price is the last filter: who fell to it would serve the job for more. */
function ceilingNeeded(all: readonly VerifiedOffer[], init: ChooseInit): bigint | undefined {
  return all
    .filter(({ offer }) => [undefined, 'price'].includes(rejectionOf(offer.body, init)))
    .map(({ offer }) => quote(offer.body.prices, init.demand).priceMax)
    .sort((a, b) => (a < b ? -1 : 1))[init.replicas - 1]
}

function hintOf(
  seen: number,
  rejected: Filtered['rejected'],
  shared: number,
  cheapest: bigint | undefined,
  { replicas, spread, demand }: ChooseInit
): string {
  if (seen === 0) return 'no provider is known: is the network up, and are the bootstrap addresses right?'
  if ((rejected.price ?? 0) > 0 && cheapest !== undefined) {
    return `the price ceiling is ${demand.priceMax} for each replica; ${replicas} offers would need ${cheapest}`
  }
  if (shared > 0) return `ask for fewer replicas, or spread over something finer than ${spread}`
  const [most] = Object.entries(rejected).sort(([, a], [, b]) => b - a)[0] ?? []
  return most === undefined ? 'ask for fewer replicas' : HINTS[most as Rejection]
}
