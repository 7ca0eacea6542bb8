import type { Libp2p } from '@libp2p/interface'
import { isRelayed } from './reachability.ts'

/** A peer that we are connected to. */
export interface ConnectedPeer {
  readonly peerId: string
  /** The other end of the connection, as we see it. */
  readonly address: string
  /** Who made it. */
  readonly direction: 'inbound' | 'outbound'
  /** Through another peer or not. */
  readonly how: 'direct' | 'relayed'
  /** Round trip of the last ping, milliseconds; undefined before the first. */
  readonly latencyMs: number | undefined
  /** What the peer calls its software; undefined while it has not said. A stranger's words. */
  readonly agent: string | undefined
  /** When the connection was made, seconds since 1970. */
  readonly since: number
}

const AGENT_CHARS_MAX = 64

/** One line for each connection, the oldest first. */
export async function listPeers(libp2p: Pick<Libp2p, 'getConnections' | 'peerStore'>): Promise<ConnectedPeer[]> {
  const connections = libp2p.getConnections().filter(({ status }) => status === 'open')
  const listed = connections.map(async ({ remotePeer, remoteAddr, direction, limits, rtt, timeline }) => {
    const known = await libp2p.peerStore.get(remotePeer).catch(() => undefined)
    const agent = known?.metadata.get('AgentVersion')
    return {
      peerId: remotePeer.toString(),
      address: remoteAddr.toString().replace(/\/p2p\/[^/]+$/, ''),
      direction,
      how: limits !== undefined || isRelayed(remoteAddr) ? ('relayed' as const) : ('direct' as const),
      latencyMs: rtt === undefined ? undefined : Math.round(rtt * 10) / 10,
      agent: agent === undefined ? undefined : new TextDecoder().decode(agent).slice(0, AGENT_CHARS_MAX),
      since: Math.floor(timeline.open / 1000)
    }
  })
  return (await Promise.all(listed)).sort((a, b) => a.since - b.since)
}
