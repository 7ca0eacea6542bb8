import type { Bid } from '../bid/bid.ts'
import { CodedError } from '../errors.ts'
import { amountDue } from '../price/price.ts'
import { type AgreementId, type Hash, sameHex, ZERO_HASH } from '../primitives/hex.ts'
import { type Recover, type SigningDomain, verify } from '../signature/index.ts'
import { RECEIPT_FINAL, RECEIPT_TICK, type Receipt, receiptType, type SignedReceipt } from './receipt.ts'

export interface ReceiptContext {
  domain: SigningDomain
  recover: Recover
  agreement: AgreementId
  bid: Bid
  /** The receipt accepted before this one, if any. */
  previous: Receipt | undefined
  /** How long ago, by the buyer's own monotonic clock, the provider was told to start; bounds what it may charge for. */
  elapsedMs: number
}

/** A provider's clock may run this much fast against ours: 1 % covers bad crystals and virtual machines. */
const CLOCK_RATE_TOLERANCE = 1.01

/**
 * Checks a Receipt as the buyer.
 *
 * @returns the Receipt's digest
 * @throws CodedError E_RECEIPT_MISMATCH, E_RECEIPT_ABOVE_BID, E_RECEIPT_ABOVE_TIME, E_BAD_SIGNATURE
 */
export function validateReceipt(receipt: SignedReceipt, context: ReceiptContext): Hash {
  const { body } = receipt
  const { domain, recover, agreement, bid, previous, elapsedMs } = context
  const mismatch = !sameHex(body.agreement, agreement)
    ? 'another agreement'
    : body.sequence !== (previous === undefined ? 0 : previous.sequence + 1)
      ? 'out of sequence'
      : previous?.kind === RECEIPT_FINAL
        ? 'after the final one'
        : body.kind !== RECEIPT_TICK && body.kind !== RECEIPT_FINAL
          ? 'of unknown kind'
          : body.kind === RECEIPT_TICK && body.result !== ZERO_HASH
            ? 'a tick with a result'
            : previous !== undefined && (body.amount < previous.amount || body.usage.runMs < previous.usage.runMs)
              ? 'falling'
              : undefined
  if (mismatch !== undefined) {
    throw new CodedError('E_RECEIPT_MISMATCH', `the receipt is ${mismatch}`, {
      facts: { agreement, mismatch, sequence: body.sequence }
    })
  }
  if (body.amount > amountDue(bid, body.usage.runMs)) {
    throw new CodedError('E_RECEIPT_ABOVE_BID', 'the receipt asks for more than the bid allows', {
      facts: { agreement, amount: body.amount, allowed: amountDue(bid, body.usage.runMs) }
    })
  }
  if (body.usage.runMs > elapsedMs * CLOCK_RATE_TOLERANCE + 1) {
    throw new CodedError('E_RECEIPT_ABOVE_TIME', 'the receipt charges for more time than has passed', {
      facts: { agreement, runMs: body.usage.runMs, elapsedMs }
    })
  }
  return verify(receipt, bid.provider, { domain, recover, type: receiptType }).digest
}
