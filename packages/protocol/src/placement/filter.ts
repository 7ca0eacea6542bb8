import type { Demand } from '../demand/demand.ts'
import type { Offer } from '../offer/offer.ts'
import type { VerifiedOffer } from '../offer/validate.ts'
import { quote } from '../price/price.ts'
import { sameHex, type UnixSec } from '../primitives/hex.ts'

/** Why an Offer was passed over. Bounded: labels of tables and metrics. */
export const REJECTIONS = ['expired', 'token', 'runtime', 'resources', 'region', 'excluded', 'price'] as const
export type Rejection = (typeof REJECTIONS)[number]

export interface PlacementNeed {
  demand: Pick<Demand, 'workload' | 'resources' | 'durationSec' | 'fuel' | 'token' | 'priceMax'>
  /** Only these regions; any when empty. */
  regions: readonly string[]
  /** Providers not to be asked (again). */
  excluded: ReadonlySet<string>
  nowSec: UnixSec
}

/** The first reason for which an Offer cannot serve a need; undefined when it can. */
export function rejectionOf(offer: Offer, { demand, regions, excluded, nowSec }: PlacementNeed): Rejection | undefined {
  const { resources } = demand
  if (offer.expiresAt <= nowSec) return 'expired'
  if (!sameHex(offer.token, demand.token)) return 'token'
  if (!offer.runtimes.includes(demand.workload.runtime)) return 'runtime'
  if (
    offer.resources.cpuMillis < resources.cpuMillis ||
    offer.resources.memoryBytes < resources.memoryBytes ||
    offer.resources.diskBytes < resources.diskBytes
  )
    return 'resources'
  if (regions.length > 0 && !regions.includes(offer.domains.region)) return 'region'
  if (excluded.has(offer.provider)) return 'excluded'
  if (quote(offer.prices, demand).priceMax > demand.priceMax) return 'price'
  return undefined
}

export interface Filtered {
  readonly eligible: readonly VerifiedOffer[]
  /** How many offers fell to which reason. */
  readonly rejected: Readonly<Partial<Record<Rejection, number>>>
}

export function filterOffers(offers: Iterable<VerifiedOffer>, need: PlacementNeed): Filtered {
  const eligible: VerifiedOffer[] = []
  const rejected: Partial<Record<Rejection, number>> = {}
  for (const verified of offers) {
    const rejection = rejectionOf(verified.offer.body, need)
    if (rejection === undefined) eligible.push(verified)
    else rejected[rejection] = (rejected[rejection] ?? 0) + 1
  }
  return { eligible, rejected }
}
