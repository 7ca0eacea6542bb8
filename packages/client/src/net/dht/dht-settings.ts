import { CodedError } from '@archipel/protocol'
import { type KadDHTInit, passthroughMapper, removePrivateAddressesMapper } from '@libp2p/kad-dht'

/** Look-ups asked in parallel, each on its own path: one hostile path can't steer all of them (S/Kademlia). */
const LOOKUP_PARALLEL = 3

/** How often a peer looks for its own neighbours: this is how a newcomer becomes findable. The default is 5 minutes. */
const SELF_LOOKUP_INTERVAL_MS = 60_000

/**
 * A provider record holds for an hour and is renewed half way, checked every ten minutes. The default of 48 hours
 * would outlive the addresses of its peer, and one peer whose addresses are gone hides all other providers of a key.
 */
export const PROVIDE_VALIDITY_MS = 60 * 60_000
const PROVIDE_RENEW_MS = 30 * 60_000
const PROVIDE_CHECK_MS = 10 * 60_000

/** Look-ups one peer may run at once: a query is a stream, and a neighbour asks a few at a time. */
const INBOUND_STREAMS_PER_CONNECTION_MAX = 16

export interface DhtSettingsInit {
  protocol: string
  allowPrivateAddresses: boolean
}

/** Options of the DHT service. It starts as a client; the network sets the mode when it starts. */
export function dhtSettings(init: DhtSettingsInit): KadDHTInit {
  return {
    protocol: init.protocol,
    clientMode: false,
    peerInfoMapper: init.allowPrivateAddresses ? passthroughMapper : removePrivateAddressesMapper,
    alpha: LOOKUP_PARALLEL,
    disjointPaths: LOOKUP_PARALLEL,
    querySelfInterval: SELF_LOOKUP_INTERVAL_MS,
    // Nothing of ours is kept as a value: a record that is put replaces a newer one, and whoever likes may put one.
    validators: { pk: refuseValue },
    maxInboundStreams: INBOUND_STREAMS_PER_CONNECTION_MAX,
    reprovide: { interval: PROVIDE_CHECK_MS, validity: PROVIDE_VALIDITY_MS, threshold: PROVIDE_RENEW_MS }
  }
}

async function refuseValue(): Promise<never> {
  throw new CodedError('E_DHT_VALUE', 'this network keeps no values in its DHT')
}
