import type { ConnectionGater } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import type { NetworkInit } from './create-network.ts'

/** All a page can dial with plain addresses. */
export function browserTransports(): NetworkInit['transports'] {
  return [webSockets()]
}

/**
 * libp2p in a browser refuses plain `ws://` and private addresses. A page served from localhost, or one that talks to
 * a devnet, needs both; a page on https can't dial `ws://` anyway.
 */
export function permissiveGater(): ConnectionGater {
  return { denyDialMultiaddr: () => false }
}
