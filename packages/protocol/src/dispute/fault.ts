import type { BuyerAgreement } from '../agreement/buyer-step.ts'
import { COURT_RULES } from '../case/rules.ts'
import type { UnixSec, Wei } from '../primitives/hex.ts'
import { RECEIPT_FINAL, type SignedReceipt } from '../receipt/receipt.ts'
import { CASE_GAS, type DisputePolicy, type NotWorth, whyNotWorth } from './policy.ts'

/** What a buyer asks itself about a result that its quorum contradicted. */
export interface FaultQuestion {
  readonly agreement: Pick<BuyerAgreement, 'phase' | 'receipts' | 'paid'>
  /** What the provider's bond would pay: as far as it is exposed to the court. */
  readonly exposed: Wei
  /** Units that its vouchers have really moved on this channel: what was not redeemed was not lost. */
  readonly settled: Wei
  readonly hasJury: boolean
  /** What opening a case stakes, and what this buyer has to stake, in the stake token. */
  readonly stake: Wei
  readonly feePerGasWei: bigint
  /** The chain's time. */
  readonly nowSec: UnixSec
  readonly policy: DisputePolicy
}

export type FaultDecision =
  /** There is no wrong result that was paid for. */
  | { readonly type: 'nothing' }
  | { readonly type: 'forgo'; readonly why: NotWorth | 'late' | 'no-bond' | 'no-jury'; readonly lost: Wei }
  | { readonly type: 'fault'; readonly receipt: SignedReceipt; readonly lost: Wei; readonly bySec: UnixSec }

/** A transaction that is sent later than this before the end may be mined too late. */
export const FAULT_MARGIN_SEC = 3_600

/** Whether a buyer sues for a wrong result. Only what was paid is compensated, and only if the provider is bonded. */
export function decideFault(question: FaultQuestion): FaultDecision {
  const { agreement, exposed, settled, hasJury, stake, feePerGasWei, nowSec, policy } = question
  const receipt = wrongReceipt(agreement)
  const paid = agreement.paid < settled ? agreement.paid : settled
  if (receipt === undefined || paid === 0n) return { type: 'nothing' }
  const lost = paid < exposed ? paid : exposed
  const bySec = receipt.body.issuedAt + COURT_RULES.faultSec
  if (nowSec + FAULT_MARGIN_SEC > bySec) return { type: 'forgo', why: 'late', lost: paid }
  if (lost === 0n) return { type: 'forgo', why: 'no-bond', lost: paid }
  // Contested without jurors it ends in a draw that costs half of the stake.
  if (!hasJury) return { type: 'forgo', why: 'no-jury', lost: paid }
  const why = whyNotWorth(policy, { amount: lost, stake, gas: CASE_GAS, feePerGasWei, spentWei: 0n })
  return why === undefined ? { type: 'fault', receipt, lost, bySec } : { type: 'forgo', why, lost: paid }
}

/** The final receipt of a result that the quorum contradicted. */
export function wrongReceipt({
  phase,
  receipts
}: Pick<BuyerAgreement, 'phase' | 'receipts'>): SignedReceipt | undefined {
  const last = receipts.at(-1)
  return phase.code === 'rejected' && last?.body.kind === RECEIPT_FINAL ? last : undefined
}
