import type { Offer } from '@archipel/protocol'
import { LEAST, MOST, matchesFilter, type OfferFilter } from './filter.ts'

interface Holder {
  readonly offer: { readonly body: Offer }
}

/**
 * Finds offers without walking all of them. Each facet sorts them into buckets: by runtime and region by name, by capacity
 * and price by powers of two. A query asks each facet how many its buckets hold, walks those of the one with the fewest,
 * and compares what it finds there with the whole filter.
 */
export interface Facets<T extends Holder> {
  add(item: T): void
  remove(item: T): void
  /** What matches. Without anything to go by, that is everything: undefined tells the caller to walk its own list. */
  find(filter: OfferFilter): T[] | undefined
}

interface Facet<T> {
  readonly buckets: Map<string | number, Set<T>>
  bucketsOf(offer: Offer): readonly (string | number)[]
  /** Buckets that may hold what the filter wants; undefined when it does not say. */
  select(filter: OfferFilter): Set<T>[] | undefined
}

export function createFacets<T extends Holder>(): Facets<T> {
  const facets: readonly Facet<T>[] = [
    byName(
      offer => offer.runtimes,
      ({ runtime }) => (runtime === undefined ? undefined : [runtime])
    ),
    byName(
      offer => [offer.domains.region],
      ({ regions = [] }) => (regions.length === 0 ? undefined : regions)
    ),
    ...LEAST.map(key =>
      bySize<T>(
        offer => magnitude(offer.resources[key]),
        filter => atLeast(filter[key])
      )
    ),
    ...MOST.map(key =>
      bySize<T>(
        offer => magnitude(offer.prices[key]),
        filter => atMost(filter[key])
      )
    )
  ]

  return {
    add(item) {
      for (const { buckets, bucketsOf } of facets) {
        for (const name of bucketsOf(item.offer.body)) {
          const bucket = buckets.get(name)
          if (bucket === undefined) buckets.set(name, new Set([item]))
          else bucket.add(item)
        }
      }
    },
    remove(item) {
      for (const { buckets, bucketsOf } of facets) {
        for (const name of bucketsOf(item.offer.body)) {
          const bucket = buckets.get(name)
          bucket?.delete(item)
          if (bucket?.size === 0) buckets.delete(name)
        }
      }
    },
    find(filter) {
      let fewest: Set<T>[] | undefined
      let count = Number.POSITIVE_INFINITY
      for (const facet of facets) {
        const selected = facet.select(filter)
        if (selected === undefined) continue
        const held = selected.reduce((sum, { size }) => sum + size, 0)
        if (held < count) {
          fewest = selected
          count = held
        }
      }
      if (fewest === undefined) return undefined
      const found: T[] = []
      for (const bucket of fewest)
        for (const item of bucket) if (matchesFilter(item.offer.body, filter)) found.push(item)
      return found
    }
  }
}

function byName<T>(
  namesOf: (offer: Offer) => readonly string[],
  wanted: (filter: OfferFilter) => readonly string[] | undefined
): Facet<T> {
  const buckets = new Map<string | number, Set<T>>()
  return {
    buckets,
    bucketsOf: namesOf,
    select: filter => wanted(filter)?.flatMap(name => buckets.get(name) ?? [])
  }
}

function bySize<T>(
  sizeOf: (offer: Offer) => number,
  wanted: (filter: OfferFilter) => ((size: number) => boolean) | undefined
): Facet<T> {
  const buckets = new Map<string | number, Set<T>>()
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
