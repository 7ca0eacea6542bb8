import type { PeerDiscovery, PeerInfo } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import { LAN_ADDRESSES_MAX } from './limits.ts'

/** Makes what finds peers on the LAN: `lanDiscovery` in Node. */
export type LanDiscovery = NonNullable<Libp2pOptions['peerDiscovery']>[number]

/** Peers that the LAN itself named. Their private addresses may be dialled, and no others. */
export interface Lan {
  readonly discovery: LanDiscovery
  has(address: Multiaddr): boolean
}

export function createLan(create: LanDiscovery): Lan {
  const found = new Set<string>()

  function note({ multiaddrs }: PeerInfo): void {
    for (const text of multiaddrs.map(withoutPeer)) {
      found.delete(text)
      found.add(text)
      if (found.size > LAN_ADDRESSES_MAX) found.delete(found.values().next().value as string)
    }
  }

  return {
    discovery: components => {
      const discovery = create(components) as PeerDiscovery
      // Before libp2p hears of them: it asks at once whether they may be kept.
      discovery.addEventListener('peer', ({ detail }) => note(detail))
      return discovery
    },
    has: address => found.has(withoutPeer(address))
  }
}

const withoutPeer = (address: Multiaddr): string => address.toString().replace(/\/p2p\/[^/]+$/, '')
