import { bytesToUint, keccak } from '@archipel/protocol'
import { fromString } from 'uint8arrays'
import type { OfferFilter } from './book/filter.ts'

/** Topics that a network's offers may be spread over: each is a mesh of its own, and costs its members heartbeats. */
export const OFFER_SHARDS_MAX = 32

/**
 * The topic on which offers of a region are gossiped. By region, because that is what buyers narrow down: whoever wants
 * three regions listens to three topics at most. By its hash, because anybody may call a region anything.
 */
export function shardOf(region: string, shards: number): number {
  if (shards <= 1) return 0
  return Number(bytesToUint(keccak(fromString(region)).subarray(0, 4)) % BigInt(shards))
}

/** The topics that bring everything a filter wants. */
export function shardsFor({ regions = [] }: OfferFilter, shards: number): number[] {
  if (regions.length === 0) return Array.from({ length: shards }, (_, shard) => shard)
  return [...new Set(regions.map(region => shardOf(region, shards)))]
}
