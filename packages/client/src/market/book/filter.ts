import {
  encode,
  type Field,
  LABEL_BYTES_MAX,
  list,
  type Offer,
  optional,
  SchemaError,
  struct,
  text,
  toHex,
  uint,
  wei
} from '@archipel/protocol'
import { FILTER_REGIONS_MAX } from '../limits.ts'

interface WholeFilter {
  runtime: string | undefined
  regions: string[]
  cpuMillis: number | undefined
  memoryBytes: number | undefined
  diskBytes: number | undefined
  startup: bigint | undefined
  cpuSec: bigint | undefined
  memGiBSec: bigint | undefined
  terafuel: bigint | undefined
}

/** What somebody looks for, as it travels. Money is in smallest token units. */
const filterType: Field<WholeFilter> = struct('OfferFilter', {
  /** Runs this. */
  runtime: optional(text(LABEL_BYTES_MAX)),
  /** Sits in one of these; anywhere when there are none. */
  regions: list(text(LABEL_BYTES_MAX), FILTER_REGIONS_MAX),
  /** At least so much… */
  cpuMillis: optional(uint(32)),
  memoryBytes: optional(uint(64)),
  diskBytes: optional(uint(64)),
  /** …at no higher a price. */
  startup: optional(wei),
  cpuSec: optional(wei),
  memGiBSec: optional(wei),
  terafuel: optional(wei)
})

/** Which offers are wanted; what is left out does not matter. Resources at least, prices at most. */
export type OfferFilter = { readonly [Key in keyof WholeFilter]?: Readonly<WholeFilter[Key]> | undefined }

const EVERYTHING: WholeFilter = {
  runtime: undefined,
  regions: [],
  cpuMillis: undefined,
  memoryBytes: undefined,
  diskBytes: undefined,
  startup: undefined,
  cpuSec: undefined,
  memGiBSec: undefined,
  terafuel: undefined
}

export const LEAST = ['cpuMillis', 'memoryBytes', 'diskBytes'] as const
export const MOST = ['startup', 'cpuSec', 'memGiBSec', 'terafuel'] as const

export function matchesFilter(offer: Offer, filter: OfferFilter): boolean {
  const { runtime, regions = [] } = filter
  if (runtime !== undefined && !offer.runtimes.includes(runtime)) return false
  if (regions.length > 0 && !regions.includes(offer.domains.region)) return false
  for (const key of LEAST) if (offer.resources[key] < (filter[key] ?? 0)) return false
  for (const key of MOST) {
    const most = filter[key]
    if (most !== undefined && offer.prices[key] > most) return false
  }
  return true
}

function whole(filter: OfferFilter): WholeFilter {
  return { ...EVERYTHING, ...filter, regions: [...(filter.regions ?? [])] }
}

/** A filter in the IPLD data model. */
export function filterToWire(filter: OfferFilter): unknown {
  return filterType.toWire(whole(filter))
}

/** @throws SchemaError */
export function filterFromWire(data: unknown): OfferFilter {
  const filter = filterType.fromWire(data, 'OfferFilter')
  // Named twice it would be looked through twice.
  if (new Set(filter.regions).size !== filter.regions.length)
    throw new SchemaError('OfferFilter.regions', 'each region once', filter.regions)
  return filter
}

/** The same text for filters that want the same. */
export function filterKey(filter: OfferFilter): string {
  const { regions, ...rest } = whole(filter)
  return toHex(encode(filterType, { ...rest, regions: [...regions].sort() }))
}
