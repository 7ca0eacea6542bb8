/** Lets something happen so often and no more. */
export interface TokenBucket {
  /** Takes one token; false when there is none. */
  take(): boolean
}

export interface TokenBucketInit {
  /** Tokens it holds at most, and at first. */
  burst: number
  /** Milliseconds in which one token comes back. */
  refillMs: number
  /** A clock that only goes forward. */
  nowMs?: () => number
}

export function createTokenBucket({ burst, refillMs, nowMs = () => performance.now() }: TokenBucketInit): TokenBucket {
  let tokens = burst
  let atMs = nowMs()
  return {
    take() {
      const now = nowMs()
      tokens = Math.min(burst, tokens + (now - atMs) / refillMs)
      atMs = now
      if (tokens < 1) return false
      tokens--
      return true
    }
  }
}

/** A bucket for each key. Of more than `keysMax` the one that was used longest ago is forgotten, and begins anew. */
export function createTokenBuckets(init: TokenBucketInit & { keysMax: number }): { take(key: string): boolean } {
  const buckets = new Map<string, TokenBucket>()
  return {
    take(key) {
      const bucket = buckets.get(key) ?? createTokenBucket(init)
      buckets.delete(key)
      buckets.set(key, bucket)
      if (buckets.size > init.keysMax) buckets.delete(buckets.keys().next().value as string)
      return bucket.take()
    }
  }
}
