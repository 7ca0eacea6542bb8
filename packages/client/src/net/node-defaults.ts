import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import type { NetworkInit } from './create-network.ts'

/** TCP between nodes; WebSocket so that browsers can dial a node. Node only. */
export function nodeTransports(): NetworkInit['transports'] {
  return [tcp(), webSockets()]
}

/** Loopback on free ports, TCP and WebSocket: devnets and tests. */
export const LOOPBACK_LISTEN: readonly string[] = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws']
