import { signedAgreementType } from '../agreement/agreement.ts'
import { signedBidType } from '../bid/validate.ts'
import { channelKeyType } from '../channel/channel.ts'
import { signedDemandType } from '../demand/validate.ts'
import { CID_BYTES_MAX, LABEL_BYTES_MAX } from '../limits.ts'
import { signedReceiptType } from '../receipt/receipt.ts'
import { resultType } from '../result/result.ts'
import { bytes, hash, optional, struct, text, uint, wei } from '../schema/index.ts'
import { paymentType } from '../voucher/payment.ts'
import { failureType } from './failure.ts'
import { type Message, union } from './union.ts'

/**
 * The conversation between one buyer and one provider, on one long-lived stream that carries all their jobs.
 * Every message names what it is about, so that many jobs share the stream in any order.
 */
const toProvider = {
  demand: signedDemandType,
  accept: struct('Accept', { agreement: signedAgreementType, channel: channelKeyType }),
  payment: paymentType,
  cancel: struct('Cancel', { agreement: hash() }),
  /** Asks for the newest message about an agreement again: after a lost connection or a crash. */
  resume: struct('Resume', { agreement: hash() })
}

const toBuyer = {
  bid: signedBidType,
  /** A request was not taken. `regarding`: digest of the Demand, or agreement id, or channel id. */
  refusal: struct('Refusal', { regarding: hash(), failure: failureType }),
  progress: struct('Progress', { agreement: hash(), stage: text(LABEL_BYTES_MAX) }),
  receipt: struct('Delivery', {
    receipt: signedReceiptType,
    /** With a final receipt. */
    result: optional(resultType),
    /** CID of stderr; no bytes for none. */
    stderr: bytes(CID_BYTES_MAX)
  }),
  /** The agreement ended without a result. */
  failure: struct('Ended', { agreement: hash(), failure: failureType }),
  /** Payments up to this log size are stored durably. */
  acknowledgement: struct('Acknowledgement', { channel: hash(), size: uint(64), cumulative: wei })
}

export const providerMessages = union(toProvider)
export const buyerMessages = union(toBuyer)
/** What a buyer says. */
export type ToProvider = Message<typeof toProvider>
/** What a provider says. */
export type ToBuyer = Message<typeof toBuyer>
