import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { mdns } from '@libp2p/mdns'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import type { NetworkInit } from './create-network.ts'
import type { LanDiscovery } from './lan.ts'
import { RELAY_TRANSPORT_SETTINGS } from './limits.ts'
import { validateNetworkName } from './protocol-ids.ts'

/** TCP between nodes; WebSocket so that browsers can dial a node; relays to those that nobody can dial. Node only. */
export function nodeTransports(): NetworkInit['transports'] {
  return [tcp(), webSockets(), circuitRelayTransport(RELAY_TRANSPORT_SETTINGS)]
}

/** Finds peers of the same network on the same LAN, and tells it that we are here. */
export function lanDiscovery(network: string): LanDiscovery {
  return mdns({ serviceTag: `_archipel-${validateNetworkName(network)}._udp.local`, interval: LAN_INTERVAL_MS })
}

/** A new machine on the LAN is found by then. */
const LAN_INTERVAL_MS = 10_000

/** Loopback on free ports, TCP and WebSocket: devnets and tests. */
export const LOOPBACK_LISTEN: readonly string[] = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws']
