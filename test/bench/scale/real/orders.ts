/** Peers of one process. */
export interface RealOrders {
  readonly names: readonly string[]
  readonly bootstrap: readonly string[]
}

export type RealOrder =
  | { readonly type: 'state' }
  /** Each peer of the process publishes so many messages, spread evenly over the time. */
  | { readonly type: 'publish'; readonly each: number; readonly overMs: number; readonly bytes: number }

export interface RealState {
  readonly addresses: readonly string[]
  readonly peers: readonly {
    readonly connections: number
    readonly mesh: number
  }[]
  /** Sent and received by all peers of this process, since it started. */
  readonly bytes: number
  readonly cpuMs: number
  readonly rssBytes: number
  /** By message: how long after it was published each peer here heard it, milliseconds. */
  readonly heardMs: readonly number[]
}
