import type { Offer } from '@archipel/protocol'
import { createColumns } from './columns.ts'
import { LEAST, MOST, matchesFilter, type OfferFilter } from './filter.ts'

interface Holder {
  readonly offer: { readonly body: Offer }
}

/**
 * Finds offers without walking all of them. Each facet sorts them into buckets: by runtime and region by name, by capacity
 * and price by powers of two. A query asks each facet how many its buckets hold, walks those of the one with the fewest,
 * and compares what it finds there with the whole filter, by numbers first (`columns.ts`).
 */
export interface Facets<T extends Holder> {
  add(item: T): void
  remove(item: T): void
  /** What matches. Without anything to go by, that is everything: undefined tells the caller to walk its own list. */
  find(filter: OfferFilter): T[] | undefined
}

interface Facet {
  readonly buckets: Map<string | number, Set<number>>
  bucketsOf(offer: Offer): readonly (string | number)[]
  /** Buckets that may hold what the filter wants; undefined when it does not say. */
  select(filter: OfferFilter): Set<number>[] | undefined
}

export function createFacets<T extends Holder>(): Facets<T> {
  const rows = new Map<T, number>()
  const items: (T | undefined)[] = []
  const free: number[] = []
  const columns = createColumns()
  const facets: readonly Facet[] = [
    byName(
      offer => offer.runtimes,
      ({ runtime }) => (runtime === undefined ? undefined : [runtime])
    ),
    byName(
      offer => [offer.domains.region],
      ({ regions = [] }) => (regions.length === 0 ? undefined : regions)
    ),
    ...LEAST.map(key =>
      bySize(
        offer => magnitude(offer.resources[key]),
        filter => atLeast(filter[key])
      )
    ),
    ...MOST.map(key =>
      bySize(
        offer => magnitude(offer.prices[key]),
        filter => atMost(filter[key])
      )
    )
  ]

  /** The buckets of whichever facet has the fewest in those that may match. */
  function fewest(filter: OfferFilter): Set<number>[] | undefined {
    let found: Set<number>[] | undefined
    let count = Number.POSITIVE_INFINITY
    for (const facet of facets) {
      const selected = facet.select(filter)
      if (selected === undefined) continue
      const held = selected.reduce((sum, { size }) => sum + size, 0)
      if (held >= count) continue
      found = selected
      count = held
    }
    return found
  }

  return {
    add(item) {
      const row = free.pop() ?? items.length
      rows.set(item, row)
      items[row] = item
      const offer = item.offer.body
      columns.set(row, offer)
      for (const { buckets, bucketsOf } of facets) {
        for (const name of bucketsOf(offer)) {
          const bucket = buckets.get(name)
          if (bucket === undefined) buckets.set(name, new Set([row]))
          else bucket.add(row)
        }
      }
    },
    remove(item) {
      const row = rows.get(item)
      if (row === undefined) return
      rows.delete(item)
      items[row] = undefined
      free.push(row)
      for (const { buckets, bucketsOf } of facets) {
        for (const name of bucketsOf(item.offer.body)) {
          const bucket = buckets.get(name)
          bucket?.delete(row)
          if (bucket?.size === 0) buckets.delete(name)
        }
      }
    },
    find(filter) {
      const buckets = fewest(filter)
      if (buckets === undefined) return undefined
      const mayMatch = columns.test(filter)
      const found: T[] = []
      for (const bucket of buckets) {
        for (const row of bucket) {
          if (!mayMatch(row)) continue
          const item = items[row]
          if (item !== undefined && matchesFilter(item.offer.body, filter)) found.push(item)
        }
      }
      return found
    }
  }
}

function byName(
  namesOf: (offer: Offer) => readonly string[],
  wanted: (filter: OfferFilter) => readonly string[] | undefined
): Facet {
  const buckets: Facet['buckets'] = new Map()
  return {
    buckets,
    bucketsOf: namesOf,
    select: filter => wanted(filter)?.flatMap(name => buckets.get(name) ?? [])
  }
}

function bySize(
  sizeOf: (offer: Offer) => number,
  wanted: (filter: OfferFilter) => ((size: number) => boolean) | undefined
): Facet {
  const buckets: Facet['buckets'] = new Map()
  return {
    buckets,
    bucketsOf: offer => [sizeOf(offer)],
    select(filter) {
      const fits = wanted(filter)
      return fits && [...buckets].flatMap(([size, bucket]) => (fits(size as number) ? [bucket] : []))
    }
  }
}

/** Digits in base two: grows with the value, so that what is no smaller is in no lower bucket. */
function magnitude(value: number | bigint): number {
  return value.toString(2).length
}

function atLeast(least: number | undefined) {
  return least === undefined ? undefined : (size: number) => size >= magnitude(least)
}

function atMost(most: bigint | undefined) {
  return most === undefined ? undefined : (size: number) => size <= magnitude(most)
}
