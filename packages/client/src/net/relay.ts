import { type CircuitRelayService, circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type { ConnectionGater, Libp2p, PeerId } from '@libp2p/interface'
import { prefixOfConnection } from './join/balance.ts'
import { RELAY_SERVER_SETTINGS, RESERVATIONS_PER_PREFIX_MAX } from './limits.ts'

/** Listening there is asking others for a place: calls come in through them. */
export const RELAY_LISTEN = '/p2p-circuit'

/** Lends connections to peers that nobody can call, within bounds. */
export interface RelayServer {
  readonly service: ReturnType<typeof circuitRelayServer>
  readonly gater: Pick<ConnectionGater, 'denyInboundRelayReservation'>
  /** The peer that serves: it is made with the two above, so it is only there afterwards. */
  watch(libp2p: Pick<Libp2p, 'getConnections'>): void
}

export function createRelayServer({ isDiverse }: { isDiverse: boolean }): RelayServer {
  const create = circuitRelayServer(RELAY_SERVER_SETTINGS)
  let relay: CircuitRelayService | undefined
  let host: Pick<Libp2p, 'getConnections'> | undefined

  const prefixOf = (peer: PeerId) => {
    const [connection] = host?.getConnections(peer) ?? []
    return connection && prefixOfConnection(connection)
  }

  return {
    service: components => {
      relay = create(components)
      return relay
    },
    gater: {
      denyInboundRelayReservation(peer) {
        if (!isDiverse || relay === undefined) return false
        const prefix = prefixOf(peer)
        const others = [...relay.reservations.keys()].filter(each => !each.equals(peer) && prefixOf(each) === prefix)
        return others.length >= RESERVATIONS_PER_PREFIX_MAX
      }
    },
    watch(libp2p) {
      host = libp2p
    }
  }
}
