import type { SignedBid } from '../bid/validate.ts'
import type { SignedDemand } from '../demand/validate.ts'
import { RECEIPTS_PER_AGREEMENT_MAX } from '../limits.ts'
import { amountDue } from '../price/price.ts'
import { type AgreementId, type ChannelId, type UnixSec, type Wei, ZERO_HASH } from '../primitives/hex.ts'
import { RECEIPT_FINAL, RECEIPT_TICK, type Receipt, type Usage } from '../receipt/receipt.ts'
import { type Result, resultDigest } from '../result/result.ts'
import { createFailure, type Failure } from '../wire/failure.ts'
import type { SignedAgreement } from './agreement.ts'

/** An agreement as its provider keeps it. Everything a restart needs is in here. */
export interface ProviderAgreement {
  readonly id: AgreementId
  readonly channel: ChannelId
  readonly demand: SignedDemand
  readonly bid: SignedBid
  readonly agreement: SignedAgreement
  readonly phase: ProviderPhase
  /** In sequence; signed again when sent (signatures are deterministic). */
  readonly receipts: readonly Receipt[]
  /** How many of `receipts` are paid; and what they came to. */
  readonly paidReceipts: number
  readonly paid: Wei
}

export type ProviderPhase =
  | { readonly code: 'running' }
  | { readonly code: 'delivered'; readonly result: Result; readonly stderr: Uint8Array }
  | { readonly code: 'settled'; readonly result: Result; readonly stderr: Uint8Array }
  | { readonly code: 'failed'; readonly failure: Failure }

export type ProviderEvent =
  | { readonly type: 'accepted' }
  /** The program is still running. */
  | { readonly type: 'ticked'; readonly usage: Usage }
  | { readonly type: 'finished'; readonly usage: Usage; readonly result: Result; readonly stderr: Uint8Array }
  /** `usage`: what the program had used by then, if it was started. */
  | { readonly type: 'failed'; readonly failure: Failure; readonly usage?: Usage | undefined }
  /** The first `receipts` receipts are now paid. */
  | { readonly type: 'paid'; readonly receipts: number }
  | { readonly type: 'cancelled' }
  /** The buyer asks where we stand. */
  | { readonly type: 'resumed' }
  /** The node came back after a crash or stop. */
  | { readonly type: 'restarted' }

export type ProviderEffect =
  | { readonly type: 'execute' }
  | { readonly type: 'stop' }
  | { readonly type: 'sendReceipt'; readonly receipt: Receipt }
  | { readonly type: 'sendFailure'; readonly failure: Failure }

export interface ProviderStep {
  readonly state: ProviderAgreement
  readonly effects: readonly ProviderEffect[]
}

export function createProviderAgreement(
  init: Pick<ProviderAgreement, 'id' | 'channel' | 'demand' | 'bid' | 'agreement'>
): ProviderAgreement {
  return { ...init, phase: { code: 'running' }, receipts: [], paidReceipts: 0, paid: 0n }
}

/**
 * What a provider does about an agreement. Pure and idempotent: the caller stores the new state and the effects in one
 * synced batch, then acts; after a crash the same effects run again. So carrying an effect out twice must be harmless:
 * `execute` starts a program that is not running, a message sent again tells nothing new.
 */
export function stepProvider(state: ProviderAgreement, event: ProviderEvent, nowSec: UnixSec): ProviderStep {
  const running = state.phase.code === 'running'
  switch (event.type) {
    case 'accepted':
      return running ? { state, effects: [{ type: 'execute' }] } : { state, effects: report(state) }
    case 'restarted':
      if (!running) return { state, effects: report(state) }
      if (nowSec < state.demand.body.deadline) return { state, effects: [{ type: 'execute' }] }
      return fail(unchanged(state), {
        code: 'E_DEADLINE',
        fault: 'host',
        message: 'the deadline passed while the node was down'
      })
    case 'ticked':
      return running ? tick(state, event.usage, nowSec) : unchanged(state)
    case 'finished': {
      if (!running) return unchanged(state)
      const receipt = nextReceipt(
        state,
        { kind: RECEIPT_FINAL, usage: event.usage, result: resultDigest(event.result) },
        nowSec
      )
      const { result, stderr } = event
      return {
        state: { ...state, phase: { code: 'delivered', result, stderr }, receipts: [...state.receipts, receipt] },
        effects: [{ type: 'sendReceipt', receipt }]
      }
    }
    case 'failed':
      return running ? fail(charged(state, event.failure, event.usage, nowSec), event.failure) : unchanged(state)
    case 'cancelled':
      return running
        ? fail(unchanged(state), { code: 'E_CANCELLED', fault: 'buyer', message: 'cancelled by the buyer' })
        : unchanged(state)
    case 'paid':
      return pay(state, event.receipts)
    case 'resumed':
      return { state, effects: report(state) }
  }
}

/** Most work left unpaid before the provider stops, in milliseconds of running time. */
export function creditMs(state: ProviderAgreement): number {
  return state.bid.body.tickSec * 1000
}

function tick(state: ProviderAgreement, usage: Usage, nowSec: UnixSec): ProviderStep {
  // The last place in the list is kept for the final receipt.
  const full = state.receipts.length >= RECEIPTS_PER_AGREEMENT_MAX - 1
  const unpaidMs = usage.runMs - (state.receipts[state.paidReceipts - 1]?.usage.runMs ?? 0)
  if (unpaidMs >= creditMs(state)) {
    if (full && state.paidReceipts === state.receipts.length) {
      return fail(unchanged(state), {
        code: 'E_TOO_MANY_TICKS',
        fault: 'host',
        message: 'the tick is too short for this job'
      })
    }
    const message = `${unpaidMs} ms of work are unpaid; this provider extends credit for ${creditMs(state)} ms`
    return fail(unchanged(state), { code: 'E_UNPAID', fault: 'buyer', message })
  }
  // Nothing new to acknowledge: the event came twice, or a job that was started again is not yet as far as it was.
  const acknowledgedMs = state.receipts.at(-1)?.usage.runMs
  if (full || (acknowledgedMs !== undefined && usage.runMs <= acknowledgedMs)) return unchanged(state)
  return withTick(state, usage, nowSec)
}

function nextReceipt(
  state: ProviderAgreement,
  part: Pick<Receipt, 'kind' | 'usage' | 'result'>,
  nowSec: UnixSec
): Receipt {
  const previous = state.receipts.at(-1)
  // A restarted job runs again from the start; what was already acknowledged as run stays acknowledged.
  const usage =
    previous === undefined || previous.usage.runMs <= part.usage.runMs
      ? part.usage
      : { ...part.usage, runMs: previous.usage.runMs }
  return {
    ...part,
    usage,
    agreement: state.id,
    sequence: state.receipts.length,
    amount: amountDue(state.bid.body, usage.runMs),
    issuedAt: nowSec
  }
}

function pay(state: ProviderAgreement, receipts: number): ProviderStep {
  const last = state.receipts[receipts - 1]
  if (last === undefined || receipts <= state.paidReceipts) return unchanged(state)
  const { phase } = state
  const settled = phase.code === 'delivered' && receipts === state.receipts.length
  return {
    state: {
      ...state,
      paidReceipts: receipts,
      paid: last.amount,
      phase: settled ? { ...phase, code: 'settled' } : phase
    },
    effects: []
  }
}

function fail({ state, effects }: ProviderStep, reason: Failure): ProviderStep {
  const failure = createFailure(reason)
  return {
    state: { ...state, phase: { code: 'failed', failure } },
    effects: [{ type: 'stop' }, ...effects, { type: 'sendFailure', failure }]
  }
}

/** Time that a program or its buyer wasted is due like any other: a last tick acknowledges it before the failure. */
function charged(
  state: ProviderAgreement,
  { fault }: Failure,
  usage: Usage | undefined,
  nowSec: UnixSec
): ProviderStep {
  const acknowledgedMs = state.receipts.at(-1)?.usage.runMs ?? 0
  const full = state.receipts.length >= RECEIPTS_PER_AGREEMENT_MAX
  if (usage === undefined || fault === 'host' || full || usage.runMs <= acknowledgedMs) return unchanged(state)
  return withTick(state, usage, nowSec)
}

function withTick(state: ProviderAgreement, usage: Usage, nowSec: UnixSec): ProviderStep {
  const receipt = nextReceipt(state, { kind: RECEIPT_TICK, usage, result: ZERO_HASH }, nowSec)
  return { state: { ...state, receipts: [...state.receipts, receipt] }, effects: [{ type: 'sendReceipt', receipt }] }
}

/** What the buyer may have missed: every unpaid receipt in order, or the last one, and how it ended. */
function report(state: ProviderAgreement): ProviderEffect[] {
  const from = Math.min(state.paidReceipts, Math.max(state.receipts.length - 1, 0))
  const effects: ProviderEffect[] = state.receipts.slice(from).map(receipt => ({ type: 'sendReceipt', receipt }))
  return state.phase.code === 'failed' ? [...effects, { type: 'sendFailure', failure: state.phase.failure }] : effects
}

function unchanged(state: ProviderAgreement): ProviderStep {
  return { state, effects: [] }
}
