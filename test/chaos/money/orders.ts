import type { NetworkDescriptor } from '@archipel/client'
import type { Hex } from '@archipel/protocol'

/** What a child process of the campaign is told, as JSON in its first argument. */
export interface Orders {
  readonly descriptor: NetworkDescriptor
  readonly privateKey: Hex
  readonly dataDir: string
}

export interface ProviderOrders extends Orders {
  readonly owner: Hex
  /** The same after every restart: an offer that moves takes a while to be known. */
  readonly port: number
}

export interface BuyerOrders extends Orders {
  /** Rounds of new jobs, after those that an earlier process left; 0: none. */
  readonly rounds: number
}

/** What a child process says on stdout, a line of JSON each. */
export type Told =
  | { readonly type: 'ready' }
  /** A round of jobs is over. */
  | { readonly type: 'round'; readonly outcomes: readonly string[] }

export function readOrders<T extends Orders>(): T {
  return JSON.parse(String(process.argv[2])) as T
}

export function tell(told: Told): void {
  process.stdout.write(`${JSON.stringify(told)}\n`)
}
