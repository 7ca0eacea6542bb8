import type { DisputeSettings, FaultState, NetworkDescriptor, Reachability, ReportRules } from '@archipel/client'
import type { Address, Domains, Prices, Resources, Wei } from '@archipel/protocol'
import type { DisputeStatus } from './dispute/status.ts'
import type { ReconcilerStatus } from './redeem/reconciler.ts'
import type { RedeemRules } from './redeem/state.ts'
import type { RedeemStatus } from './redeem/status.ts'

/** Everything a provider decides about itself. */
export interface ProviderConfig {
  readonly network: NetworkDescriptor
  /** The operator's cold address: where channels pay. */
  readonly owner: Address
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Multiaddrs to tell others instead of those that were found to be reachable. Left out: none. */
  readonly announce?: readonly string[] | undefined
  /** `serve` lends connections to peers that nobody can call; `use` is called through those that do. Left out: neither. */
  readonly relay?: 'serve' | 'use' | undefined
  /** Whether peers on the same LAN are looked for. */
  readonly lan?: boolean | undefined
  /** What is for sale, shared by all jobs at once. */
  readonly resources: Resources
  readonly prices: Prices
  /** Seconds of unpaid work a buyer is trusted with. */
  readonly tickSec: number
  /** Most that one buyer may owe, or come to owe within a tick, over all of its agreements. Left out: any. */
  readonly unpaidMax?: Wei | undefined
  readonly domains: Domains
  readonly redeem: RedeemPolicy
  /** How far it goes to court, where its network has one. Left out: see `policyOf`. */
  readonly disputes?: DisputeSettings | undefined
  /** What is done about other providers that contradict themselves. Default: what brings more than it costs. */
  readonly faults?: Pick<ReportRules, 'report'> | undefined
  /** Left out, no container images are run. */
  readonly containers?: ContainerPolicy | undefined
}

/** How container images are run beside WebAssembly programs. */
export interface ContainerPolicy {
  /** Socket of the container engine. Left out, Docker's own. */
  readonly socket?: string | undefined
  /** Runtime of the engine's. Left out, gVisor where the engine has it, else runc. */
  readonly runtime?: string | undefined
  /** Hosts of registries that images may be pulled from. Left out, none: images come as archives. */
  readonly registries?: readonly string[] | undefined
}

/** When vouchers are turned into money on chain: as soon as either bound is reached, and it is worth what it costs. */
export interface RedeemPolicy {
  readonly amountMin: Wei
  readonly ageSecMax: number
  /** Tokens that one whole native coin is worth to the operator. Left out, costs are not weighed. */
  readonly coinPrice?: Wei | undefined
  /** Largest share of what a transaction brings that it may cost. Default {@link FEE_SHARE_MAX}. */
  readonly feeShareMax?: number | undefined
  /** What is redeemed when the node stops. Default `all`: a node that stops may not come back. */
  readonly atStop?: RedeemRules['atStop'] | undefined
}

export const FEE_SHARE_MAX = 0.1

export function rulesOf({
  coinPrice,
  feeShareMax = FEE_SHARE_MAX,
  atStop = 'all',
  ...rest
}: RedeemPolicy): RedeemRules {
  return { ...rest, coinPrice, feeShareMax, atStop }
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
  /** Whether others can call it, and why it thinks so. */
  readonly reachability: Reachability
  readonly offersKnown: number
  readonly isolation: readonly string[]
  readonly jobs: { readonly running: number; readonly done: number; readonly failed: number }
  /** Smallest token units. */
  readonly earnings: { readonly vouchered: Wei; readonly redeemed: Wei }
  readonly redeem: RedeemStatus & { readonly books: ReconcilerStatus; readonly tokens: readonly TokenEarnings[] }
  /** Undefined where the network has no court. */
  readonly disputes: DisputeStatus | undefined
  readonly chain: { readonly ok: boolean; readonly blockNumber: number | undefined; readonly error: string | undefined }
  readonly offer: { readonly sequence: number; readonly expiresAt: number } | undefined
  /** Contradictions of other providers on record, by what has come of them. */
  readonly faults: Readonly<Partial<Record<FaultState, number>>>
}

/** A value as it comes over the control socket: amounts as decimal strings. */
export type Sent<T> = T extends bigint
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Sent<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Sent<T[Key]> }
      : T
export type SentStatus = Sent<ProviderStatus>

/** Earnings in one token, smallest units. */
export interface TokenEarnings {
  readonly token: Address
  /** Promised by vouchers in all. */
  readonly vouchered: Wei
  /** Paid out on chain. */
  readonly redeemed: Wei
  /** In vouchers that can still be redeemed. */
  readonly waiting: Wei
  /** The part of it whose payer wants the rest of its money back. */
  readonly atRisk: Wei
}
