import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { isDialable } from './dial-gater.ts'

/** Whether others can call this peer, and how we know. */
export interface Reachability {
  /**
   * `public`: at an address of its own. `relayed`: through another peer only. `blocked`: not at all, as behind a router that
   * lets nobody in. `unknown`: it is too early to say.
   */
  readonly state: 'public' | 'relayed' | 'blocked' | 'unknown'
  /** Why we think so, for a person. */
  readonly reason: string
}

export interface ReachabilityFacts {
  /** What is told to others: libp2p leaves public addresses out until others have called them (autonat). */
  readonly addresses: readonly Multiaddr[]
  readonly connections: readonly Pick<Connection, 'direction' | 'remoteAddr' | 'limits'>[]
  /** Whether it listens anywhere at all. */
  readonly listens: boolean
  readonly allowPrivateAddresses: boolean
  /** Since the start, milliseconds. */
  readonly upMs: number
}

/** By then those that we are connected to have tried to call back, if they ever will. */
export const BLOCKED_AFTER_MS = 3 * 60_000

export function reachabilityOf(facts: ReachabilityFacts): Reachability {
  const { addresses, connections, listens, allowPrivateAddresses, upMs } = facts
  const usable = addresses.filter(address => isDialable(address, { allowPrivateAddresses }))
  const [direct] = usable.filter(address => !isRelayed(address))
  const callers = connections.filter(isCallFromOutside(allowPrivateAddresses))
  if (callers.length > 0) return { state: 'public', reason: `${peers(callers.length)} called it directly` }
  if (direct !== undefined) {
    const how = allowPrivateAddresses
      ? 'it listens there, and this network uses private addresses'
      : 'it is announced, or others called it there'
    return { state: 'public', reason: `${withoutPeer(direct)}: ${how}` }
  }
  const [relayed] = usable.filter(isRelayed)
  if (relayed !== undefined) return { state: 'relayed', reason: `only through a relay: ${withoutPeer(relayed)}` }
  if (!listens) return { state: 'blocked', reason: 'it listens nowhere: it calls others and is not called' }
  if (upMs < BLOCKED_AFTER_MS || connections.length === 0) {
    return {
      state: 'unknown',
      reason: connections.length === 0 ? 'there is nobody to ask' : 'nobody has called it yet'
    }
  }
  return {
    state: 'blocked',
    reason: 'nobody could call it: open the ports of `listen` in the router, say `announce`, or use a relay'
  }
}

export function isRelayed(address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => name === 'p2p-circuit')
}

function isCallFromOutside(allowPrivateAddresses: boolean) {
  return ({ direction, remoteAddr, limits }: ReachabilityFacts['connections'][number]): boolean =>
    direction === 'inbound' &&
    limits === undefined &&
    !isRelayed(remoteAddr) &&
    isDialable(remoteAddr, { allowPrivateAddresses })
}

const peers = (count: number): string => (count === 1 ? 'a peer' : `${count} peers`)

function withoutPeer(address: Multiaddr): string {
  return address.toString().replace(/\/p2p\/[^/]+$/, '')
}
