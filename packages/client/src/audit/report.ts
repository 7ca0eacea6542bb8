import type { Address, AgreementId, ChannelId, Hash, Hex, UnixSec, Wei } from '@archipel/protocol'

/** What an audit found, for people and programs. */
export interface AuditReport {
  readonly agreement: AgreementId
  readonly verdict: 'verified' | 'mismatch'
  /** In the order they were made. */
  readonly checks: readonly AuditCheck[]
  readonly parties: AuditParties
  readonly money: AuditMoney
  readonly payment: PaymentState
  /** Whether the provider signed a result, only time spent, or nothing. */
  readonly outcome: 'delivered' | 'unfinished' | 'nothing'
  readonly times: AuditTimes
  /** Undefined when the bundle alone was proof enough against itself: then the chain was not asked. */
  readonly chain: AuditedChain | undefined
}

export interface AuditCheck {
  /** Stable, short: the statement that was tested. */
  readonly name: string
  readonly ok: boolean
  /** What was seen. */
  readonly detail: string
}

/**
 * `on-chain`: all that is due of what vouchers promise has arrived at the payee. `partly-on-chain`: some of it.
 * `held`: promised by a voucher that nobody has redeemed yet; the channel still covers it. `uncovered`: it no longer does.
 * `unpaid`: no voucher pays for any receipt. `unknown`: the chain was not asked.
 */
export type PaymentState = 'on-chain' | 'partly-on-chain' | 'held' | 'uncovered' | 'unpaid' | 'unknown'

export interface AuditParties {
  readonly buyer: Address
  readonly provider: Address
  /** The operator: where the channel pays. */
  readonly payee: Address
  readonly region: string
}

/** Smallest token units. */
export interface AuditMoney {
  /** What the provider's last receipt of this agreement asks for. */
  readonly due: Wei
  /** What vouchers provably promise for it. */
  readonly paid: Wei
  /** How much of `paid` the chain shows as arrived; undefined when the chain was not asked. */
  readonly redeemed: Wei | undefined
}

export interface AuditTimes {
  readonly bidExpiresAt: UnixSec
  readonly deadline: UnixSec
  readonly firstReceiptAt: UnixSec | undefined
  readonly lastReceiptAt: UnixSec | undefined
  /** Running time charged for, milliseconds. */
  readonly runMs: number
  /** Fuel charged for; undefined where none was counted. */
  readonly fuel: number | undefined
}

/** The channel and its escrow as the chain has them. Amounts are of the whole channel, over all its agreements. */
export interface AuditedChain {
  readonly chainId: number
  readonly blockNumber: number
  readonly escrow: Address
  /** The address follows from the code this version was released with, so the contract can be no other. */
  readonly isReleasedEscrow: boolean
  readonly token: Address
  readonly channel: ChannelId
  readonly state: 'open' | 'closing' | 'closed'
  readonly deposit: Wei
  readonly settled: Wei
  /** Of the bundle's voucher. */
  readonly vouchered: Wei
  readonly redemptions: readonly AuditedRedemption[]
  /** What the escrow owes in this token, to everybody. */
  readonly liabilities: Wei
  /** What it holds of it. */
  readonly balance: Wei
}

export interface AuditedRedemption {
  readonly transactionHash: Hex
  readonly blockNumber: number
  readonly paid: Wei
  readonly cumulative: Wei
  readonly commitment: Hash
}
