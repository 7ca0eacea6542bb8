/** What a peer of the blob measurements is told, and what it answers. */
export interface PeerOrders {
  readonly dir: string
}

export type PeerOrder =
  | { type: 'connect'; addresses: readonly string[] }
  | { type: 'make'; files: number; bytes: number; seed: number }
  | { type: 'raw'; bytes: number }
  | { type: 'fetch'; root: string; store: string; sources: number }
  | { type: 'memory' }

export interface PeerAnswer {
  readonly bytes: number
  readonly blocks: number
  readonly ms: number
  /** Of all threads. */
  readonly cpuMs: number
  readonly rssBytes: number
  readonly rssGrowthBytes: number
}
