import type { Bid } from '../bid/bid.ts'
import type { ChannelKey } from '../channel/channel.ts'
import type { Hash, Wei } from '../primitives/hex.ts'
import type { SignedReceipt } from '../receipt/receipt.ts'

/** What opens a case: who agreed to what, and what the provider says it did. */
export interface CaseFiling {
  /** Names the court as its arbiter. */
  readonly channel: ChannelKey
  /** The bid that was agreed to; the agreement is its demand, its hash and the channel's id. */
  readonly bid: Bid
  /** Of that agreement, by the bid's provider. */
  readonly receipt: SignedReceipt
  /** Over the agreement, by the channel's voucher signer. */
  readonly agreementSignature: Uint8Array
  /** The end of the plaintiff's chain: `secretChain(…).anchor`. */
  readonly anchor: Hash
}

/** What a claimant states about payments and data. It answers for it with its stake. */
export interface ClaimStatement {
  /** What it was paid for this agreement. */
  readonly alreadyPaid: Wei
  /** The newest voucher that it has, for whatever agreement; undefined if it has none. */
  readonly voucher?: { readonly cumulative: Wei; readonly commitment: Hash; readonly signature: Uint8Array } | undefined
  /** See `commitToData`; zeros for no data. */
  readonly dataRoot: Hash
  readonly dataChunks: number
}
