import type { Connection, PeerId } from '@libp2p/interface'
import { type KadDHT, type KadDHTComponents, kadDHT } from '@libp2p/kad-dht'
import { type AddressPrefix, prefixOfPeer } from '../address-prefix.ts'
import { prefixOfConnection } from '../join/balance.ts'
import { type DhtSettingsInit, dhtSettings, PROVIDE_VALIDITY_MS } from './dht-settings.ts'
import { guardProviderRecords } from './provider-records.ts'
import { guardRoutingTable } from './routing-table.ts'

export interface DhtInit extends DhtSettingsInit {
  /** False where all peers share a prefix. */
  isDiverse: boolean
}

/** kad-dht, with bounds on what strangers may put into it. */
export function createDht({ isDiverse, ...init }: DhtInit): (components: KadDHTComponents) => KadDHT {
  return components => {
    const { peerId, peerStore, connectionManager } = components
    const datastore = guardProviderRecords(components.datastore, {
      peerId,
      isKnown: peer => peerStore.has(peer),
      validityMs: PROVIDE_VALIDITY_MS
    })
    const dht = kadDHT(dhtSettings(init))(
      new Proxy(components, {
        get: (target, name) => (name === 'datastore' ? datastore : (Reflect.get(target, name) as unknown))
      })
    )

    async function prefixOf(peer: PeerId): Promise<AddressPrefix> {
      const [connection]: Connection[] = connectionManager.getConnections(peer)
      if (connection !== undefined) return prefixOfConnection(connection)
      const { addresses } = await peerStore.get(peer)
      return prefixOfPeer(addresses.map(({ multiaddr }) => multiaddr))
    }

    if (isDiverse) guardRoutingTable(dht, prefixOf)
    return dht
  }
}
