import type { Bid } from '../bid/bid.ts'
import { CodedError } from '../errors.ts'
import { RECEIPTS_PER_AGREEMENT_MAX } from '../limits.ts'
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
/** Receipts beyond two in a tick: the final one, one for a failure, and what a late timer brings together. */
const TICKS_AHEAD_MAX = 4

/**
 * Checks a Receipt as the buyer.
 *
 * @returns the Receipt's digest
 * @throws CodedError E_RECEIPT_MISMATCH, E_RECEIPT_GAP (one before it was lost on the way: ask for it with `resume`),
 * E_RECEIPT_ABOVE_BID, E_RECEIPT_ABOVE_TIME, E_RECEIPT_TOO_OFTEN, E_BAD_SIGNATURE
 */
export function validateReceipt(receipt: SignedReceipt, context: ReceiptContext): Hash {
  const { body } = receipt
  const { domain, recover, agreement, bid, previous, elapsedMs } = context
  const mismatch = mismatchOf(body, agreement, previous)
  if (mismatch !== undefined) {
    throw new CodedError('E_RECEIPT_MISMATCH', `the receipt is ${mismatch}`, {
      facts: { agreement, mismatch, sequence: body.sequence }
    })
  }
  const next = previous === undefined ? 0 : previous.sequence + 1
  if (body.sequence !== next) {
    throw new CodedError('E_RECEIPT_GAP', `the receipt is number ${body.sequence}; number ${next} is missing`, {
      facts: { agreement, sequence: body.sequence, next }
    })
  }
  if (body.amount > amountDue(bid, body.usage.runMs)) {
    throw new CodedError('E_RECEIPT_ABOVE_BID', 'the receipt asks for more than the bid allows', {
      facts: { agreement, amount: body.amount, allowed: amountDue(bid, body.usage.runMs) }
    })
  }
  if (!(body.usage.runMs <= elapsedMs * CLOCK_RATE_TOLERANCE + 1)) {
    throw new CodedError('E_RECEIPT_ABOVE_TIME', 'the receipt charges for more time than has passed', {
      facts: { agreement, runMs: body.usage.runMs, elapsedMs }
    })
  }
  if (!(body.sequence <= (2 * elapsedMs) / (bid.tickSec * 1000) + TICKS_AHEAD_MAX)) {
    throw new CodedError('E_RECEIPT_TOO_OFTEN', 'receipts come more often than twice in a tick', {
      facts: { agreement, sequence: body.sequence, elapsedMs, tickSec: bid.tickSec }
    })
  }
  return verify(receipt, bid.provider, { domain, recover, type: receiptType }).digest
}

/** What makes a receipt one that no honest provider sends here. */
function mismatchOf(body: Receipt, agreement: AgreementId, previous: Receipt | undefined): string | undefined {
  if (!sameHex(body.agreement, agreement)) return 'of another agreement'
  if (body.kind !== RECEIPT_TICK && body.kind !== RECEIPT_FINAL) return 'of unknown kind'
  if (body.kind === RECEIPT_TICK && !sameHex(body.result, ZERO_HASH)) return 'a tick with a result'
  if (body.sequence >= RECEIPTS_PER_AGREEMENT_MAX) return 'one too many'
  if (previous === undefined) return undefined
  if (body.sequence <= previous.sequence) return 'out of sequence'
  if (previous.kind === RECEIPT_FINAL) return 'after the final one'
  if (body.amount < previous.amount || body.usage.runMs < previous.usage.runMs) return 'falling'
  return undefined
}
