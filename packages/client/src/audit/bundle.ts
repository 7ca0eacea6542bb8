import type {
  AgreementId,
  ChannelKey,
  Hash,
  Result,
  SignedAgreement,
  SignedBid,
  SignedDemand,
  SignedOffer,
  SignedReceipt,
  SignedVoucher,
  Wei
} from '@archipel/protocol'
import type { NetworkDescriptor } from '../network-descriptor.ts'

/** Names the form of a bundle; another number is another form. */
export const BUNDLE_SCHEMA = 'archipel/audit-bundle/1'

/**
 * Everything one agreement left behind that is not on the chain. Whoever holds it and reads the chain can check what was
 * agreed, delivered and paid, and needs to trust nobody for it.
 */
export interface AuditBundle {
  readonly id: AgreementId
  readonly network: BundleNetwork
  /** What the provider had posted. */
  readonly offer: SignedOffer
  readonly demand: SignedDemand
  readonly bid: SignedBid
  readonly agreement: SignedAgreement
  /** The channel that pays. */
  readonly channel: ChannelKey
  /** In sequence, from the first. */
  readonly receipts: readonly BundleReceipt[]
  /** Present when at least one receipt is paid: the newest voucher of the channel when the bundle was made. */
  readonly voucher: BundleVoucher | undefined
  /** Present when the final receipt is. */
  readonly result: Result | undefined
}

/** Chain and contracts that the signatures are for. Nothing is signed over `deployedAt`: it only says where to begin. */
export type BundleNetwork = Pick<NetworkDescriptor, 'chainId' | 'escrow' | 'token' | 'deployedAt'>

export interface BundleReceipt {
  readonly receipt: SignedReceipt
  /** Undefined when no voucher pays for it. */
  readonly payment: ReceiptPayment | undefined
}

/**
 * Place of a receipt among all that the channel ever paid. The leaf before it is shown too, so that what was paid for
 * this one is provable: its cumulative amount less that of the one before.
 */
export interface ReceiptPayment extends Omit<ProvenLeaf, 'receipt'> {
  readonly index: number
  /** Undefined for the first leaf of the channel. */
  readonly previous: ProvenLeaf | undefined
}

export interface ProvenLeaf {
  /** Digest of the receipt. */
  readonly receipt: Hash
  /** What the channel had promised in all once this leaf was paid. */
  readonly cumulative: Wei
  /** RFC 6962 audit path to the commitment of the bundle's voucher, from the leaf up. */
  readonly path: readonly Hash[]
}

export interface BundleVoucher extends SignedVoucher {
  /** Receipts that the voucher's commitment is to. */
  readonly size: number
}
