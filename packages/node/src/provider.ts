import type { NetworkDescriptor } from '@archipel/client'
import type { Address, Domains, Prices, Resources, Wei } from '@archipel/protocol'

/** Everything a provider decides about itself. */
export interface ProviderConfig {
  readonly network: NetworkDescriptor
  /** The operator's cold address: where channels pay. */
  readonly owner: Address
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** What is for sale, shared by all jobs at once. */
  readonly resources: Resources
  readonly prices: Prices
  /** Seconds of unpaid work a buyer is trusted with. */
  readonly tickSec: number
  readonly domains: Domains
  readonly redeem: RedeemPolicy
}

/** When vouchers are turned into money on chain: as soon as either bound is reached. */
export interface RedeemPolicy {
  readonly amountMin: Wei
  readonly ageSecMax: number
}

/** What a running node says of itself; each part stands alone, so that one that fails hides no other. */
export interface ProviderStatus {
  readonly address: Address
  readonly owner: Address
  readonly peerId: string
  readonly network: string
  readonly version: string
  readonly startedAt: number
  readonly multiaddrs: readonly string[]
  readonly peers: number
  readonly offersKnown: number
  readonly isolation: readonly string[]
  readonly jobs: { readonly running: number; readonly done: number; readonly failed: number }
  /** Smallest token units. */
  readonly earnings: { readonly vouchered: Wei; readonly redeemed: Wei }
  readonly chain: { readonly ok: boolean; readonly blockNumber: number | undefined; readonly error: string | undefined }
  readonly offer: { readonly sequence: number; readonly expiresAt: number } | undefined
}
