import type { ProviderAgreement } from '../agreement/provider-step.ts'
import type { UnixSec, Wei } from '../primitives/hex.ts'
import { RECEIPT_FINAL, type Receipt } from '../receipt/receipt.ts'
import type { ProviderChannel } from '../voucher/provider-channel.ts'
import { CASE_GAS, type DisputePolicy, type NotWorth, whyNotWorth } from './policy.ts'

/** What a provider asks itself about an agreement that is over and not paid. */
export interface ClaimQuestion {
  readonly agreement: Pick<ProviderAgreement, 'phase' | 'receipts' | 'paid' | 'demand' | 'bid'>
  readonly channel: Pick<ProviderChannel, 'deposit' | 'settled' | 'cumulative' | 'closeAt'>
  /** What other claims of ours on this channel are about, and are not over. */
  readonly claimed: Wei
  /** Other agreements on this channel still run: their vouchers could not be taken during a case. */
  readonly isBusy: boolean
  /** What opening a case stakes, in the stake token. */
  readonly stake: Wei
  readonly feePerGasWei: bigint
  /** The chain's time. */
  readonly nowSec: UnixSec
  readonly policy: DisputePolicy
}

export type ClaimDecision =
  /** The buyer owes nothing that a court would give. */
  | { readonly type: 'nothing' }
  /** The buyer may still pay by itself. */
  | { readonly type: 'wait'; readonly untilSec: UnixSec; readonly due: Wei }
  /** The time has come, and something else has to end first. Nothing new should begin on this channel. */
  | { readonly type: 'ready'; readonly due: Wei }
  | { readonly type: 'forgo'; readonly why: NotWorth | 'empty'; readonly due: Wei }
  | { readonly type: 'claim'; readonly receipt: Receipt; readonly alreadyPaid: Wei; readonly due: Wei }

/** Before a close could be completed a claim must be mined: half an hour of a slow chain, or of a node being started. */
export const CLAIM_MARGIN_SEC = 1_800
/** A debt this old is let go: whatever was kept for it can be forgotten. */
export const CLAIM_AGE_SEC_MAX = 30 * 24 * 3600

/**
 * Whether a provider takes a silent buyer to court, and for what. What counts is the last receipt, because it charges for
 * all of them. A result after the deadline is not owed: nobody had to wait for it.
 */
export function decideClaim(question: ClaimQuestion): ClaimDecision {
  const { agreement, channel, policy, nowSec } = question
  const receipt = owedReceipt(agreement)
  if (receipt === undefined || nowSec > receipt.issuedAt + CLAIM_AGE_SEC_MAX) return { type: 'nothing' }
  const unpaid = receipt.amount - agreement.paid
  const free = freeOf(channel) - question.claimed
  if (free <= 0n) return { type: 'forgo', why: 'empty', due: unpaid }
  const due = unpaid < free ? unpaid : free
  const atSec = claimAt(question, receipt)
  if (nowSec < atSec) return { type: 'wait', untilSec: atSec, due }
  const { stake, feePerGasWei } = question
  const why = whyNotWorth(policy, { amount: due, stake, gas: CASE_GAS, feePerGasWei, spentWei: 0n })
  if (why !== undefined) return { type: 'forgo', why, due }
  // With the close ahead there is no time to wait for anything else.
  if (question.isBusy && channel.closeAt === 0) return { type: 'ready', due }
  return { type: 'claim', receipt, alreadyPaid: agreement.paid, due }
}

/**
 * The receipt that charges for everything delivered, if something of it is unpaid and was delivered in time. Who failed by a
 * fault of its own has delivered nothing that anybody should be sued for.
 */
export function owedReceipt({
  phase,
  receipts,
  paid,
  demand
}: Pick<ProviderAgreement, 'phase' | 'receipts' | 'paid' | 'demand'>): Receipt | undefined {
  if (phase.code === 'running' || phase.code === 'settled') return undefined
  if (phase.code === 'failed' && phase.failure.fault === 'host') return undefined
  const isInTime = ({ kind, issuedAt }: Receipt) => kind !== RECEIPT_FINAL || issuedAt <= demand.body.deadline
  const last = receipts.findLast(isInTime)
  return last !== undefined && last.amount > paid ? last : undefined
}

/** When silence is long enough: after the grace period, or sooner if a close would take the money away before. */
function claimAt({ channel, agreement, policy }: ClaimQuestion, { issuedAt }: Receipt): UnixSec {
  const usual = issuedAt + policy.graceSec
  if (channel.closeAt === 0) return usual
  const atLeast = issuedAt + agreement.bid.body.tickSec
  return Math.min(usual, Math.max(atLeast, channel.closeAt - CLAIM_MARGIN_SEC))
}

/** What a channel holds beyond vouchers in hand, whether redeemed or not. */
function freeOf({ deposit, settled, cumulative }: ClaimQuestion['channel']): Wei {
  const spoken = cumulative > settled ? cumulative : settled
  return deposit > spoken ? deposit - spoken : 0n
}
