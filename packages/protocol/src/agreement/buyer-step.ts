import type { SignedBid } from '../bid/validate.ts'
import type { SignedDemand } from '../demand/validate.ts'
import type { SignedOffer } from '../offer/validate.ts'
import type { AgreementId, ChannelId, Hash, Wei } from '../primitives/hex.ts'
import { RECEIPT_FINAL, type SignedReceipt } from '../receipt/receipt.ts'
import type { Result } from '../result/result.ts'
import type { Failure } from '../wire/failure.ts'
import type { SignedAgreement } from './agreement.ts'

/** An agreement as its buyer keeps it. */
export interface BuyerAgreement {
  readonly id: AgreementId
  readonly job: Hash
  readonly channel: ChannelId
  /** Whom the job was given to, and where it can be reached. */
  readonly offer: SignedOffer
  readonly demand: SignedDemand
  readonly bid: SignedBid
  readonly agreement: SignedAgreement
  readonly phase: BuyerPhase
  /** Validated, in sequence. */
  readonly receipts: readonly SignedReceipt[]
  /** How many of `receipts` a voucher pays for, and what they came to. */
  readonly paidReceipts: number
  readonly paid: Wei
}

export type BuyerPhase =
  | { readonly code: 'agreed' }
  /** A result is here; whether it is the right one is not decided. */
  | { readonly code: 'delivered'; readonly result: Result; readonly stderr: Uint8Array }
  | { readonly code: 'paid'; readonly result: Result; readonly stderr: Uint8Array }
  /** The result contradicts the quorum: not paid; its signed receipt is evidence. */
  | { readonly code: 'rejected'; readonly result: Result; readonly stderr: Uint8Array }
  | { readonly code: 'failed'; readonly failure: Failure }

export type BuyerEvent =
  | { readonly type: 'ticked'; readonly receipt: SignedReceipt }
  | {
      readonly type: 'delivered'
      readonly receipt: SignedReceipt
      readonly result: Result
      readonly stderr: Uint8Array
    }
  /** The quorum confirmed the result. */
  | { readonly type: 'confirmed' }
  | { readonly type: 'contradicted' }
  | { readonly type: 'failed'; readonly failure: Failure }
  /** A stored voucher pays the first `receipts` receipts. */
  | { readonly type: 'vouchered'; readonly receipts: number }

/** Pay every receipt up to and including this many. */
export type BuyerEffect = { readonly type: 'pay'; readonly receipts: number }

export interface BuyerStep {
  readonly state: BuyerAgreement
  readonly effects: readonly BuyerEffect[]
}

export function createBuyerAgreement(
  init: Pick<BuyerAgreement, 'id' | 'job' | 'channel' | 'offer' | 'demand' | 'bid' | 'agreement'>
): BuyerAgreement {
  return { ...init, phase: { code: 'agreed' }, receipts: [], paidReceipts: 0, paid: 0n }
}

/**
 * What a buyer does about an agreement. Ticks are paid as they come, results only once confirmed. Pure and idempotent;
 * receipts have been validated.
 */
export function stepBuyer(state: BuyerAgreement, event: BuyerEvent): BuyerStep {
  switch (event.type) {
    case 'ticked': {
      if (!awaits(state, event.receipt)) return unchanged(state)
      const next = { ...state, receipts: [...state.receipts, event.receipt] }
      // Given up: kept, because a result can only follow it without a gap, but no more money is put into it.
      return state.phase.code === 'failed' ? unchanged(next) : payAll(next)
    }
    case 'delivered': {
      if (!awaits(state, event.receipt)) return unchanged(state)
      const { receipt, result, stderr } = event
      // Given up: its money may be promised to whoever replaced it. The receipt is kept as evidence, and not paid.
      if (state.phase.code === 'failed') return unchanged({ ...state, receipts: [...state.receipts, receipt] })
      return {
        state: { ...state, receipts: [...state.receipts, receipt], phase: { code: 'delivered', result, stderr } },
        effects: []
      }
    }
    case 'confirmed':
      return state.phase.code === 'delivered' ? payAll(state) : unchanged(state)
    case 'contradicted':
      if (state.phase.code !== 'delivered') return unchanged(state)
      return { state: { ...state, phase: { ...state.phase, code: 'rejected' } }, effects: [] }
    case 'failed':
      if (state.phase.code !== 'agreed') return unchanged(state)
      return { state: { ...state, phase: { code: 'failed', failure: event.failure } }, effects: [] }
    case 'vouchered':
      return vouchered(state, event.receipts)
  }
}

/** A provider that had given up or was taken for lost may still deliver in time. A receipt that came twice is not new. */
function awaits({ phase, receipts }: BuyerAgreement, { body }: SignedReceipt): boolean {
  return (phase.code === 'agreed' || phase.code === 'failed') && body.sequence === receipts.length
}

function payAll(state: BuyerAgreement): BuyerStep {
  return { state, effects: [{ type: 'pay', receipts: state.receipts.length }] }
}

function vouchered(state: BuyerAgreement, receipts: number): BuyerStep {
  const last = state.receipts[receipts - 1]
  if (last === undefined || receipts <= state.paidReceipts) return unchanged(state)
  const { phase } = state
  const done = phase.code === 'delivered' && last.body.kind === RECEIPT_FINAL
  return {
    state: {
      ...state,
      paidReceipts: receipts,
      paid: last.body.amount,
      phase: done ? { ...phase, code: 'paid' } : phase
    },
    effects: []
  }
}

function unchanged(state: BuyerAgreement): BuyerStep {
  return { state, effects: [] }
}
