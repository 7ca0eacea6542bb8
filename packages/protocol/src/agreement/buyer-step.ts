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

/** What a buyer does about an agreement. Ticks are paid as they come, results only once confirmed. Pure and idempotent. */
export function stepBuyer(state: BuyerAgreement, event: BuyerEvent): BuyerStep {
  switch (event.type) {
    case 'ticked':
      if (state.phase.code !== 'agreed') return unchanged(state)
      return payAll({ ...state, receipts: [...state.receipts, event.receipt] })
    case 'delivered': {
      // A provider that had given up or was taken for lost may still deliver in time.
      if (state.phase.code !== 'agreed' && state.phase.code !== 'failed') return unchanged(state)
      const { receipt, result, stderr } = event
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

function payAll(state: BuyerAgreement): BuyerStep {
  return { state, effects: [{ type: 'pay', receipts: state.receipts.length }] }
}

function vouchered(state: BuyerAgreement, receipts: number): BuyerStep {
  if (receipts <= state.paidReceipts || receipts > state.receipts.length) return unchanged(state)
  const last = state.receipts[receipts - 1] as SignedReceipt
  const done = last.body.kind === RECEIPT_FINAL && state.phase.code === 'delivered'
  return {
    state: {
      ...state,
      paidReceipts: receipts,
      paid: last.body.amount,
      phase: done && state.phase.code === 'delivered' ? { ...state.phase, code: 'paid' } : state.phase
    },
    effects: []
  }
}

function unchanged(state: BuyerAgreement): BuyerStep {
  return { state, effects: [] }
}
