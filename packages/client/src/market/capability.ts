import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { fromString } from 'uint8arrays'

/** What a peer can be looked up for in the DHT. */
export type Capability = 'offers-book' | `offers-book=${number}` | `runtime=${string}` | `region=${string}`

/** The DHT key of a capability in a network: a hash of its name, so that any string can be one. */
export async function capabilityKey(network: string, capability: Capability): Promise<CID> {
  return CID.createV1(raw.code, await sha256.digest(fromString(`/archipel/${network}/capability/${capability}`)))
}

/** What who holds the offers of a shard is found by; where there is but one, they are simply the book. */
export function bookCapability(shard: number, shards: number): Capability {
  return shards === 1 ? 'offers-book' : `offers-book=${shard}`
}
