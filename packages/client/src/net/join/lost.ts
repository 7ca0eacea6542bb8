import type { PeerId } from '@libp2p/interface'
import { LOST_FOR_MS, LOST_MAX } from './limits.ts'

/** Peers whose connection broke against both sides' will: they are tried again for a while, whatever else there is. */
export interface LostPeers {
  add(peer: PeerId): void
  found(key: string): void
  list(): PeerId[]
}

export function createLostPeers(nowMs: () => number = () => performance.now()): LostPeers {
  const lost = new Map<string, { peer: PeerId; atMs: number }>()
  return {
    add(peer) {
      const key = peer.toString()
      lost.delete(key)
      lost.set(key, { peer, atMs: nowMs() })
      if (lost.size > LOST_MAX) lost.delete(lost.keys().next().value as string)
    },
    found: key => void lost.delete(key),
    list() {
      for (const [key, { atMs }] of lost) if (nowMs() - atMs > LOST_FOR_MS) lost.delete(key)
      return [...lost.values()].map(({ peer }) => peer)
    }
  }
}
