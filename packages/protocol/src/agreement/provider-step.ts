import type { SignedBid } from '../bid/validate.ts'
import type { SignedDemand } from '../demand/validate.ts'
import { RECEIPTS_PER_AGREEMENT_MAX } from '../limits.ts'
import { measureOf, tickWork, workOf } from '../measure/measure.ts'
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

/** Most work left unpaid before the provider stops, in the demand's measure. */
export function creditWork({ demand, bid }: Pick<ProviderAgreement, 'demand' | 'bid'>): number {
  return tickWork(demand.body, bid.body.tickSec)
}

/** Work up to a receipt, in the demand's measure; none before the first. */
function workUpTo({ demand, receipts }: ProviderAgreement, count: number): number {
  const last = receipts[count - 1]
  return last === undefined ? 0 : workOf(demand.body, last.usage)
}

function tick(state: ProviderAgreement, usage: Usage, nowSec: UnixSec): ProviderStep {
  // The last place in the list is kept for the final receipt.
  const full = state.receipts.length >= RECEIPTS_PER_AGREEMENT_MAX - 1
  const unpaid = workOf(state.demand.body, usage) - workUpTo(state, state.paidReceipts)
  const credit = creditWork(state)
  if (unpaid >= credit) {
    if (full && state.paidReceipts === state.receipts.length) {
      return fail(unchanged(state), {
        code: 'E_TOO_MANY_TICKS',
        fault: 'host',
        message: 'the tick is too short for this job'
      })
    }
    const { unit } = measureOf(state.demand.body)
    const message = `${unpaid} ${unit} of work are unpaid; this provider extends credit for ${credit} ${unit}`
    return fail(unchanged(state), { code: 'E_UNPAID', fault: 'buyer', message })
  }
  // Nothing new to acknowledge: the event came twice, or a job that was started again is not yet as far as it was.
  const last = state.receipts.at(-1)?.usage
  if (full || (last !== undefined && !isBeyond(state, usage, last))) return unchanged(state)
  return withTick(state, usage, nowSec)
}

/** Whether there is something to tell: more work, or as much after more time, so that the buyer knows that it goes on. */
function isBeyond({ demand }: ProviderAgreement, usage: Usage, last: Usage): boolean {
  const more = workOf(demand.body, usage) - workOf(demand.body, last)
  return more > 0 || (more === 0 && usage.runMs > last.runMs)
}

function nextReceipt(
  state: ProviderAgreement,
  part: Pick<Receipt, 'kind' | 'usage' | 'result'>,
  nowSec: UnixSec
): Receipt {
  const previous = state.receipts.at(-1)?.usage ?? { runMs: 0, fuel: 0 }
  // A restarted job runs again from the start; what was already acknowledged as done stays acknowledged.
  const usage = {
    ...part.usage,
    runMs: Math.max(part.usage.runMs, previous.runMs),
    fuel: Math.max(part.usage.fuel, previous.fuel)
  }
  return {
    ...part,
    usage,
    agreement: state.id,
    sequence: state.receipts.length,
    amount: amountDue(state.bid.body, state.demand.body, workOf(state.demand.body, usage)),
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

/** Work that a program or its buyer wasted is due like any other: a last tick acknowledges it before the failure. */
function charged(
  state: ProviderAgreement,
  { fault }: Failure,
  usage: Usage | undefined,
  nowSec: UnixSec
): ProviderStep {
  const done = usage === undefined ? 0 : workOf(state.demand.body, usage)
  const full = state.receipts.length >= RECEIPTS_PER_AGREEMENT_MAX
  if (usage === undefined || fault === 'host' || full) return unchanged(state)
  // The start is due even where nothing was done.
  if (state.receipts.length > 0 && done <= workUpTo(state, state.receipts.length)) return unchanged(state)
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
