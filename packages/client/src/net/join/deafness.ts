import type { GossipSub } from '@libp2p/gossipsub'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { connectedPeers } from '../connected.ts'

type Host = Pick<Libp2p<{ pubsub: GossipSub }>, 'peerStore' | 'getConnections' | 'services'>

/**
 * One gossip frame over the receiver's bound ends that link's gossip for good while the connection lives on. Such a peer is
 * connected but not among gossip's peers; a new connection heals it.
 *
 * @param deafMs how long a peer may be missing there before its connection is closed
 */
export function createDeafness(libp2p: Host, { deafMs }: { deafMs: number }): { look(): void } {
  /** Since when a peer is not heard; infinity once something was done about it. */
  const deafSinceMs = new Map<string, number>()

  function closeIfGossiping(peer: PeerId): void {
    libp2p.peerStore
      .get(peer)
      .then(({ protocols }) => {
        if (!protocols.some(protocol => protocol.startsWith('/meshsub/'))) return
        for (const connection of libp2p.getConnections(peer)) connection.close().catch(() => {})
      })
      .catch(() => {})
  }

  return {
    look() {
      const hearing = new Set(libp2p.services.pubsub.getPeers().map(String))
      const connected = connectedPeers(libp2p)
      for (const key of deafSinceMs.keys()) if (!connected.has(key) || hearing.has(key)) deafSinceMs.delete(key)
      const nowMs = performance.now()
      for (const [key, peer] of connected) {
        // Gossip does not go through relays.
        if (hearing.has(key) || libp2p.getConnections(peer).every(({ limits }) => limits !== undefined)) continue
        const sinceMs = deafSinceMs.get(key) ?? nowMs
        const isTooLong = nowMs - sinceMs >= deafMs
        deafSinceMs.set(key, isTooLong ? Number.POSITIVE_INFINITY : sinceMs)
        if (isTooLong) closeIfGossiping(peer)
      }
    }
  }
}
