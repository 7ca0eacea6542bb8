import {
  type AgreementId,
  assert,
  type BuyerAgreement,
  type BuyerEvent,
  CodedError,
  RECEIPT_FINAL,
  type ReceiptEquivocation,
  type Result,
  receiptsContradict,
  receiptType,
  resultDigest,
  type SignedReceipt,
  stepBuyer,
  validateReceipt,
  verify
} from '@archipel/protocol'
import type { SigningContext } from '../context.ts'
import { failpoint } from '../failpoint.ts'
import type { Spending } from '../payment/spending/spending.ts'
import type { BuyerRecords } from '../records.ts'
import type { Op } from '../store/index.ts'

/** What a provider delivered: a receipt, and with the final one the result. */
export interface Delivery {
  receipt: SignedReceipt
  result: Result | undefined
  stderr: Uint8Array
}

/**
 * Runs the buyer's side of every agreement: load, step, commit, then act. States change at once in memory and in the same
 * order on disk. Nothing leaves this machine before what it rests on is stored: commits take effect in the order they are
 * made, so a message that waits for its own commit has waited for all before it.
 */
export interface BuyerEngine {
  /** Stores a new agreement, together with `ops`, before its acceptance may be sent. */
  add(agreement: BuyerAgreement, ops: readonly Op[]): Promise<void>
  /** Brings a stored agreement back to life after a restart, or holds it for one user more. */
  load(id: AgreementId): Promise<BuyerAgreement | undefined>
  get(id: AgreementId): BuyerAgreement | undefined
  /** Agreements with a provider that wait for it. */
  live(provider: string): BuyerAgreement[]
  apply(id: AgreementId, event: BuyerEvent): Promise<void>
  /** Steps in memory only, for a caller that stores the changes in a batch of its own. */
  stage(id: AgreementId, event: BuyerEvent): Op[]
  /** Takes a delivery from the agreement's provider. @throws CodedError E_RECEIPT_… when it is not what was agreed */
  deliver(id: AgreementId, delivery: Delivery): Promise<void>
  /** Calls `listener` after each stored change; the returned function stops that. */
  watch(id: AgreementId, listener: (state: BuyerAgreement) => void): () => void
  /** Tells the watcher of a change staged earlier, now that it is stored. */
  notify(id: AgreementId): void
  /** One user less: with the last of them the agreement leaves memory; it stays in the store. */
  forget(id: AgreementId): void
}

export interface BuyerEngineInit {
  records: BuyerRecords
  signing: SigningContext
  /** Counts what an agreement may cost. */
  spending: Pick<Spending, 'promise' | 'follow'>
  /** Pays the first `receipts` receipts of an agreement. */
  pay: (id: AgreementId, receipts: number) => void
  /** Told of a provider that signed two receipts with one number which differ. */
  onContradiction?: ((proof: ReceiptEquivocation, agreement: BuyerAgreement) => void) | undefined
}

/** What a provider that was unpaid may have worked beyond its credit before it noticed. */
const LATE_SLACK_MS = 60_000

/**
 * Longest that a program may have run when its buyer comes back. Its start was another process' monotonic time, and that is
 * gone; but a provider stops once a tick is unpaid, so that whatever it did meanwhile is little more than what was
 * acknowledged before. A tick more than that covers what it finds out late. A tick of fuel lasts as long as the program
 * takes to burn it: there the agreed time is the only bound.
 */
function ranMsMax({ receipts, demand, bid }: BuyerAgreement): number {
  if (demand.body.fuel > 0) return demand.body.durationSec * 1000 + LATE_SLACK_MS
  return (receipts.at(-1)?.body.usage.runMs ?? 0) + 2 * bid.body.tickSec * 1000 + LATE_SLACK_MS
}

/** Agreements held in memory: those of running jobs. */
const LIVE_AGREEMENTS_MAX = 10_000

export function createBuyerEngine({ records, signing, spending, pay, onContradiction }: BuyerEngineInit): BuyerEngine {
  const states = new Map<AgreementId, BuyerAgreement>()
  /** How many use each: a job that is taken up again may overlap with its earlier run, which still waits to be rid of it. */
  const users = new Map<AgreementId, number>()
  const startedAtMs = new Map<AgreementId, number>()
  const listeners = new Map<AgreementId, (state: BuyerAgreement) => void>()
  /** Agreements whose provider was found out: one proof is enough for each. */
  const told = new Set<AgreementId>()

  function hold(state: BuyerAgreement, startedMs: number): void {
    if (!states.has(state.id) && states.size >= LIVE_AGREEMENTS_MAX) {
      throw new CodedError('E_TOO_MANY_JOBS', 'too many agreements are running at once', {
        facts: { agreementsMax: LIVE_AGREEMENTS_MAX },
        hint: 'wait for some jobs to end'
      })
    }
    states.set(state.id, state)
    startedAtMs.set(state.id, startedMs)
    users.set(state.id, 1)
  }

  /** Looks at a receipt whose number was taken: an honest provider repeats itself, and says the same each time. */
  function compare(state: BuyerAgreement, receipt: SignedReceipt): void {
    const first = state.receipts[receipt.body.sequence]
    if (first === undefined || told.has(state.id) || !receiptsContradict(first.body, receipt.body)) return
    const key = state.bid.body.provider
    verify(receipt, key, { domain: signing.domain, recover: signing.recover, type: receiptType })
    told.add(state.id)
    onContradiction?.({ kind: 'receipts', key, first, second: receipt }, state)
  }

  async function apply(id: AgreementId, event: BuyerEvent): Promise<void> {
    const before = states.get(id)
    assert(before !== undefined, `agreement ${id} is not loaded`)
    const { state, effects } = stepBuyer(before, event)
    let stored: Promise<void> | undefined
    if (state !== before) {
      states.set(id, state)
      const isReceipt = event.type === 'ticked' || event.type === 'delivered'
      if (isReceipt) failpoint('buyer.receipt.before')
      stored = records.store.commit([records.agreements.put(id, state), ...spending.follow(before, state)])
      if (isReceipt) stored = stored.then(() => failpoint('buyer.receipt.stored'))
      listeners.get(id)?.(state)
    }
    for (const effect of effects) pay(id, effect.receipts)
    await stored
  }

  function stage(id: AgreementId, event: BuyerEvent): Op[] {
    const before = states.get(id)
    assert(before !== undefined, `agreement ${id} is not loaded`)
    const { state } = stepBuyer(before, event)
    states.set(id, state)
    return [records.agreements.put(id, state), ...spending.follow(before, state)]
  }

  return {
    stage,
    async add(agreement, ops) {
      hold(agreement, performance.now())
      failpoint('buyer.agreement.before')
      await records.store.commit([
        records.agreements.put(agreement.id, agreement),
        ...spending.promise(agreement),
        ...ops
      ])
      failpoint('buyer.agreement.stored')
    },
    async load(id) {
      const stored = states.has(id) ? undefined : await records.agreements.get(id)
      const known = states.get(id)
      if (known !== undefined) {
        users.set(id, (users.get(id) ?? 0) + 1)
        return known
      }
      if (stored !== undefined) hold(stored, performance.now() - ranMsMax(stored))
      return stored
    },
    get: id => states.get(id),
    live: provider =>
      [...states.values()].filter(({ offer, phase }) => offer.body.provider === provider && phase.code === 'agreed'),
    apply,
    async deliver(id, { receipt, result, stderr }) {
      const state = states.get(id)
      if (state === undefined) return
      // A provider repeats what it is not sure we have.
      if (receipt.body.sequence < state.receipts.length) return compare(state, receipt)
      validateReceipt(receipt, {
        domain: signing.domain,
        recover: signing.recover,
        agreement: id,
        demand: state.demand.body,
        bid: state.bid.body,
        previous: state.receipts.at(-1)?.body,
        elapsedMs: performance.now() - (startedAtMs.get(id) ?? Number.NEGATIVE_INFINITY)
      })
      if (receipt.body.kind !== RECEIPT_FINAL) return apply(id, { type: 'ticked', receipt })
      if (result === undefined || resultDigest(result) !== receipt.body.result) {
        throw new CodedError('E_RECEIPT_MISMATCH', 'the result is not the one the receipt signs', {
          facts: { agreement: id }
        })
      }
      await apply(id, { type: 'delivered', receipt, result, stderr })
    },
    watch(id, listener) {
      listeners.set(id, listener)
      return () => {
        if (listeners.get(id) === listener) listeners.delete(id)
      }
    },
    notify(id) {
      const state = states.get(id)
      if (state !== undefined) listeners.get(id)?.(state)
    },
    forget(id) {
      const left = (users.get(id) ?? 0) - 1
      if (left > 0) {
        users.set(id, left)
        return
      }
      users.delete(id)
      states.delete(id)
      startedAtMs.delete(id)
      listeners.delete(id)
      told.delete(id)
    }
  }
}
