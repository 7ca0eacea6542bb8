import type { Connection } from '@libp2p/interface'
import { type AddressPrefix, NAMES_PREFIX, prefixOf } from '../address-prefix.ts'
import { CHOSEN_PER_PREFIX_MAX } from '../limits.ts'

/** How our connections are spread. */
export interface Balance {
  /** Connections still wanted; none below zero. */
  readonly missing: number
  /** Connections that we dialled, by prefix. */
  readonly chosen: ReadonlyMap<AddressPrefix, number>
}

export interface BalanceRules {
  connectionsMin: number
  /** False where all peers share a prefix. */
  isDiverse: boolean
}

/**
 * Counts what keeps us in the network. Of connections that others made only as many count as half of what is wanted: whoever
 * calls us often enough would otherwise be all that we know. Of one prefix no more count than we would choose.
 */
export function balanceOf(connections: readonly Connection[], { connectionsMin, isDiverse }: BalanceRules): Balance {
  const chosen = new Map<AddressPrefix, number>()
  const dialled = new Set<string>()
  const called = new Set<string>()
  for (const connection of connections) {
    const peer = connection.remotePeer.toString()
    if (connection.direction !== 'outbound') called.add(peer)
    else if (!dialled.has(peer)) {
      dialled.add(peer)
      const prefix = prefixOfConnection(connection)
      chosen.set(prefix, (chosen.get(prefix) ?? 0) + 1)
    }
  }
  const counts = [...chosen.values()].map(count => (isDiverse ? Math.min(count, CHOSEN_PER_PREFIX_MAX) : count))
  const ours = counts.reduce((sum, count) => sum + count, 0)
  const theirs = [...called].filter(peer => !dialled.has(peer)).length
  const missing = connectionsMin - ours - Math.min(theirs, Math.floor(connectionsMin / 2))
  return { missing: Math.max(0, missing), chosen }
}

const prefixes = new WeakMap<Connection, AddressPrefix>()

/** Where the other end of a connection is. */
export function prefixOfConnection(connection: Connection): AddressPrefix {
  const known = prefixes.get(connection)
  if (known !== undefined) return known
  const prefix = connection.remoteAddr === undefined ? NAMES_PREFIX : prefixOf(connection.remoteAddr)
  prefixes.set(connection, prefix)
  return prefix
}
