import type { Bid } from '../bid/bid.ts'
import type { Demand } from '../demand/demand.ts'
import { CodedError } from '../errors.ts'
import { RECEIPTS_PER_AGREEMENT_MAX } from '../limits.ts'
import { FUEL_PER_SEC, FUEL_PER_SEC_MAX, workOf } from '../measure/measure.ts'
import { amountDue } from '../price/price.ts'
import { type AgreementId, type Hash, sameHex, ZERO_HASH } from '../primitives/hex.ts'
import { type Recover, type SigningDomain, verify } from '../signature/index.ts'
import { RECEIPT_FINAL, RECEIPT_TICK, type Receipt, receiptType, type SignedReceipt, type Usage } from './receipt.ts'

export interface ReceiptContext {
  domain: SigningDomain
  recover: Recover
  agreement: AgreementId
  demand: Pick<Demand, 'fuel'>
  bid: Bid
  /** The receipt accepted before this one, if any. */
  previous: Receipt | undefined
  /** How long ago, by the buyer's own monotonic clock, the provider was told to start; bounds what it may charge for. */
  elapsedMs: number
}

/** A provider's clock may run this much fast against ours: 1 % covers bad crystals and virtual machines. */
const CLOCK_RATE_TOLERANCE = 1.01
const FUEL_PER_MS_MAX = FUEL_PER_SEC_MAX / 1000
/** Weights are no times: what is cheap to do and dear to count, such as moving much memory, comes in bursts. */
const FUEL_AHEAD_MAX = 500_000_000
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
  const { domain, recover, agreement, demand, bid, previous, elapsedMs } = context
  const mismatch = mismatchOf(body, context)
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
  const allowed = amountDue(bid, demand, workOf(demand, body.usage))
  if (body.amount > allowed) {
    throw new CodedError('E_RECEIPT_ABOVE_BID', 'the receipt asks for more than the bid allows', {
      facts: { agreement, amount: body.amount, allowed }
    })
  }
  const passedMs = elapsedMs * CLOCK_RATE_TOLERANCE + 1
  if (!(body.usage.runMs <= passedMs && body.usage.fuel <= passedMs * FUEL_PER_MS_MAX + FUEL_AHEAD_MAX)) {
    throw new CodedError('E_RECEIPT_ABOVE_TIME', 'the receipt charges for more than can be done in the time', {
      facts: { agreement, runMs: body.usage.runMs, fuel: body.usage.fuel, elapsedMs }
    })
  }
  const ticks = elapsedMs / (bid.tickSec * 1000) + body.usage.fuel / (bid.tickSec * FUEL_PER_SEC)
  if (!(body.sequence <= 2 * ticks + TICKS_AHEAD_MAX)) {
    throw new CodedError('E_RECEIPT_TOO_OFTEN', 'receipts come more often than twice in a tick', {
      facts: { agreement, sequence: body.sequence, elapsedMs, tickSec: bid.tickSec }
    })
  }
  return verify(receipt, bid.provider, { domain, recover, type: receiptType }).digest
}

/** What makes a receipt one that no honest provider sends here. */
function mismatchOf(body: Receipt, { agreement, demand, previous }: ReceiptContext): string | undefined {
  if (!sameHex(body.agreement, agreement)) return 'of another agreement'
  if (body.kind !== RECEIPT_TICK && body.kind !== RECEIPT_FINAL) return 'of unknown kind'
  if (body.kind === RECEIPT_TICK && !sameHex(body.result, ZERO_HASH)) return 'a tick with a result'
  if (body.sequence >= RECEIPTS_PER_AGREEMENT_MAX) return 'one too many'
  if (body.usage.fuel > demand.fuel) return 'beyond the fuel of the demand'
  if (previous === undefined) return undefined
  if (body.sequence <= previous.sequence) return 'out of sequence'
  if (previous.kind === RECEIPT_FINAL) return 'after the final one'
  if (body.amount < previous.amount || isLess(body.usage, previous.usage)) return 'falling'
  return undefined
}

function isLess(usage: Usage, before: Usage): boolean {
  return usage.runMs < before.runMs || usage.fuel < before.fuel
}
