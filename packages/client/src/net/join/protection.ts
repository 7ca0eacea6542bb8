import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { prefixOfConnection } from './balance.ts'
import { PROTECTED_MAX, TIDY_INTERVAL_MS } from './limits.ts'

/** When there are too many connections libp2p ends those of the peers with the lowest values first. */
const TAG = 'archipel-protected'
const VALUE = 100

/** Says which connections are let go of last: those to first contacts, and those that we made long ago. */
export async function protect(
  libp2p: Pick<Libp2p, 'peerStore' | 'getConnections'>,
  isBootstrap: (peer: string) => boolean
): Promise<void> {
  const tags = { [TAG]: { value: VALUE, ttl: 3 * TIDY_INTERVAL_MS } }
  for (const peer of chooseProtected(libp2p.getConnections(), isBootstrap)) await libp2p.peerStore.merge(peer, { tags })
}

/** First contacts, and the oldest of our own choice, no two of one prefix: what is protected is not all in one hand. */
export function chooseProtected(connections: readonly Connection[], isBootstrap: (peer: string) => boolean): PeerId[] {
  const chosen = new Map<string, PeerId>()
  const prefixes = new Set<string>()
  const dialled = connections.filter(({ direction }) => direction === 'outbound')
  for (const { remotePeer } of dialled) {
    if (isBootstrap(remotePeer.toString())) chosen.set(remotePeer.toString(), remotePeer)
  }
  const others = dialled
    .filter(({ remotePeer }) => !chosen.has(remotePeer.toString()))
    .sort((a, b) => a.timeline.open - b.timeline.open)
  let count = 0
  for (const connection of others) {
    const prefix = prefixOfConnection(connection)
    if (prefixes.has(prefix)) continue
    prefixes.add(prefix)
    chosen.set(connection.remotePeer.toString(), connection.remotePeer)
    if (++count === PROTECTED_MAX) break
  }
  return [...chosen.values()]
}
