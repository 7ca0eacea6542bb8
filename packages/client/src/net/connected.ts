import type { Libp2p, PeerId } from '@libp2p/interface'

/**
 * Whom we are connected to, by name. libp2p's own `getPeers` makes every peer id anew from its text and so checks each key,
 * most of a millisecond for each peer: a third of all work while a network of twenty met.
 */
export function connectedPeers(libp2p: Pick<Libp2p, 'getConnections'>): Map<string, PeerId> {
  return new Map(libp2p.getConnections().map(({ remotePeer }) => [remotePeer.toString(), remotePeer]))
}
