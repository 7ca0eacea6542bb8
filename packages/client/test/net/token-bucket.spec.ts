import { describe, expect, it } from 'vitest'
import { createKeyedBuckets, createTokenBucket } from '../../src/net/token-bucket.ts'

describe('a token bucket', () => {
  it('lets so many through at once, and then at its rate', () => {
    const clock = { ms: 0 }
    const bucket = createTokenBucket({ capacity: 3, perSec: 2, nowMs: () => clock.ms })
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false])
    clock.ms += 499
    expect(bucket.take()).toBe(false)
    clock.ms += 1
    expect(bucket.take()).toBe(true)
    clock.ms += 3_600_000
    expect(bucket.left).toBe(3)
    expect(bucket.take(4)).toBe(false)
    expect(bucket.take(3)).toBe(true)
  })

  it('can be overdrawn, by no more than it holds', () => {
    const clock = { ms: 0 }
    const bucket = createTokenBucket({ capacity: 2, perSec: 1, nowMs: () => clock.ms })
    bucket.spend(100)
    expect(bucket.left).toBe(-2)
    clock.ms += 3_000
    expect(bucket.take()).toBe(true)
    expect(bucket.take()).toBe(false)
  })

  it('is kept for so many keys; who was heard of longest ago begins anew', () => {
    const buckets = createKeyedBuckets({ capacity: 1, perSec: 0, keysMax: 2, nowMs: () => 0 })
    expect(buckets.take('a')).toBe(true)
    expect(buckets.take('b')).toBe(true)
    expect(buckets.take('a')).toBe(false)
    expect(buckets.take('c')).toBe(true)
    expect(buckets.left('a')).toBe(0)
    expect(buckets.left('b')).toBe(1)
    expect(buckets.left('never heard of')).toBe(1)
  })
})
