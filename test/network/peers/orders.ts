import type { ConnectedPeer, Reachability } from '@archipel/client'

/** Peers of one process. */
export interface HostOrders {
  readonly network: string
  readonly peers: readonly PeerPlan[]
}

export interface PeerPlan {
  /** Its key is made of this. */
  readonly name: string
  readonly listen: readonly string[]
  readonly bootstrap: readonly string[]
  readonly connectionsMin?: number
  readonly isDiverse?: boolean
  readonly dht?: 'client' | 'server'
  readonly announce?: readonly string[]
  readonly relay?: 'serve' | 'use'
  readonly lan?: boolean
  /** Default true. */
  readonly allowPrivateAddresses?: boolean
  /** Where what it knows outlives the process. */
  readonly dataDir?: string
}

export type HostOrder =
  | { readonly order: 'peers' }
  /** Answers with a {@link PeerDetail}, which costs more than a look. */
  | { readonly order: 'detail'; readonly peer: number }
  /** Keeps the event loop busy. */
  | { readonly order: 'block'; readonly ms: number }
  | { readonly order: 'publish'; readonly peer: number; readonly text: string }
  | { readonly order: 'stop'; readonly peer: number }
  /** Answers with what an echo over a new connection or an open one gave. */
  | { readonly order: 'echo'; readonly peer: number; readonly to: string; readonly text: string }

export interface PeerState {
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly connected: readonly string[]
  /** Neighbours in gossip. */
  readonly mesh: number
  /** Texts that gossip brought, with when. */
  readonly heard: readonly { readonly text: string; readonly atMs: number }[]
  /** Connections that ended, with when, by the wall clock. */
  readonly closed: readonly { readonly peerId: string; readonly atMs: number; readonly reason: string }[]
}

export interface PeerDetail {
  readonly connections: readonly ConnectedPeer[]
  readonly reachability: Reachability
}
