/** Lets things through at a rate: up to `capacity` at once, refilled by `perSec`. */
export interface TokenBucket {
  /** Takes so many, default 1. False, and nothing taken, when there are not enough. */
  take(count?: number): boolean
  /** Takes so many whether there are enough or not: below zero, the next wait longer. Never below minus `capacity`. */
  spend(count: number): void
  readonly left: number
}

export interface TokenBucketInit {
  capacity: number
  perSec: number
  /** Monotonic. Default: `performance.now`. */
  nowMs?: (() => number) | undefined
}

export function createTokenBucket({ capacity, perSec, nowMs = () => performance.now() }: TokenBucketInit): TokenBucket {
  let left = capacity
  let lastMs = nowMs()

  function refill(): void {
    const now = nowMs()
    left = Math.min(capacity, left + ((now - lastMs) / 1000) * perSec)
    lastMs = now
  }

  return {
    take(count = 1) {
      refill()
      if (left < count) return false
      left -= count
      return true
    },
    spend(count) {
      refill()
      left = Math.max(-capacity, left - count)
    },
    get left() {
      refill()
      return left
    }
  }
}

/** A bucket for each key. */
export interface KeyedBuckets {
  take(key: string, count?: number): boolean
  spend(key: string, count: number): void
  left(key: string): number
}

export interface KeyedBucketsInit extends TokenBucketInit {
  /** Keys remembered; the one used longest ago is forgotten first, and begins with a full bucket again. */
  keysMax: number
}

export function createKeyedBuckets({ keysMax, ...init }: KeyedBucketsInit): KeyedBuckets {
  const buckets = new Map<string, TokenBucket>()

  function bucketOf(key: string): TokenBucket {
    const bucket = buckets.get(key) ?? createTokenBucket(init)
    buckets.delete(key)
    buckets.set(key, bucket)
    if (buckets.size > keysMax) buckets.delete(buckets.keys().next().value as string)
    return bucket
  }

  return {
    take: (key, count) => bucketOf(key).take(count),
    spend: (key, count) => bucketOf(key).spend(count),
    left: key => buckets.get(key)?.left ?? init.capacity
  }
}
