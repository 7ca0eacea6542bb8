import type { Connection, ConnectionGater, Libp2p } from '@libp2p/interface'
import { prefixOf } from './address-prefix.ts'
import { prefixOfConnection } from './join/balance.ts'
import { INBOUND_PER_PREFIX_MAX } from './limits.ts'

type Host = Pick<Libp2p, 'getConnections'>

/** Takes only so many connections from one prefix, so that a farm of names behind it cannot take all places. */
export interface InboundLimit {
  readonly gater: Pick<ConnectionGater, 'denyInboundConnection'>
  /** The peer whose connections count: it is made with the gater, so it is only there afterwards. */
  watch(libp2p: Host): void
}

export function createInboundLimit({ isDiverse }: { isDiverse: boolean }): InboundLimit {
  let host: Host | undefined
  return {
    gater: {
      denyInboundConnection({ remoteAddr }) {
        if (!isDiverse || host === undefined) return false
        const prefix = prefixOf(remoteAddr)
        return host.getConnections().filter(each => isFrom(each, prefix)).length >= INBOUND_PER_PREFIX_MAX
      }
    },
    watch(libp2p) {
      host = libp2p
    }
  }
}

function isFrom(connection: Connection, prefix: string): boolean {
  return connection.direction === 'inbound' && prefixOfConnection(connection) === prefix
}
