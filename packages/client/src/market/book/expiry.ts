import type { UnixSec } from '@archipel/protocol'

/** Tells what has expired without looking at what has not: items wait in a bucket for the second at which they do. */
export interface ExpiryQueue<T> {
  add(item: T, expiresAt: UnixSec): void
  remove(item: T, expiresAt: UnixSec): void
  /** Everything whose second has come; each once. Costs nothing before the earliest has. */
  takeExpired(nowSec: UnixSec): T[]
}

/** Offers expire within an hour or so, so there are never more than some thousands of buckets. */
export function createExpiryQueue<T>(): ExpiryQueue<T> {
  const buckets = new Map<UnixSec, Set<T>>()
  let earliest = Number.POSITIVE_INFINITY

  return {
    add(item, expiresAt) {
      const bucket = buckets.get(expiresAt)
      if (bucket !== undefined) bucket.add(item)
      else buckets.set(expiresAt, new Set([item]))
      if (expiresAt < earliest) earliest = expiresAt
    },
    remove(item, expiresAt) {
      const bucket = buckets.get(expiresAt)
      if (bucket?.delete(item) && bucket.size === 0) buckets.delete(expiresAt)
    },
    takeExpired(nowSec) {
      const expired: T[] = []
      if (nowSec < earliest) return expired
      earliest = Number.POSITIVE_INFINITY
      for (const [second, bucket] of buckets) {
        if (second > nowSec) earliest = Math.min(earliest, second)
        else {
          expired.push(...bucket)
          buckets.delete(second)
        }
      }
      return expired
    }
  }
}
