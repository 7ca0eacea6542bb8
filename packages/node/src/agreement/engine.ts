import type { Op, SigningContext } from '@archipel/client'
import {
  type AgreementId,
  assert,
  type Failure,
  type ProviderAgreement,
  type ProviderEffect,
  type ProviderEvent,
  type Receipt,
  receiptType,
  type SignedReceipt,
  sign,
  stepProvider
} from '@archipel/protocol'
import type { ProviderRecords } from '../store/records.ts'
import { type Credit, owes, WRITE_OFF_SEC } from './credit.ts'

/** What the world does when an agreement asks for it. */
export interface ProviderActions {
  execute(state: ProviderAgreement): void
  stop(id: AgreementId): void
  sendReceipt(state: ProviderAgreement, receipt: SignedReceipt): void
  sendFailure(state: ProviderAgreement, failure: Failure): void
  /** No money needs to be kept for it any longer. Told more than once of some. */
  ended(state: ProviderAgreement): void
  /** An agreement that a restart takes up again can draw on its channel as before. */
  resumed(state: ProviderAgreement): void
}

/**
 * Runs the provider's side of every agreement: load, step, commit, then act. Effects need no outbox of their own: all of
 * them follow from the stored state, and `restarted` derives them again after a crash.
 */
export interface ProviderEngine {
  /** Takes a new agreement: whoever calls has seen `load` find none. */
  add(state: ProviderAgreement): Promise<void>
  /** From memory or the store. */
  load(id: AgreementId): Promise<ProviderAgreement | undefined>
  /** From memory only. */
  get(id: AgreementId): ProviderAgreement | undefined
  apply(id: AgreementId, event: ProviderEvent): Promise<void>
  /** Steps in memory only, for a caller that stores the change in a batch of its own. */
  stage(id: AgreementId, event: ProviderEvent): Op[]
  /** Takes up everything a crash or stop interrupted. Before anybody can send messages about it. */
  restart(): Promise<void>
  counts(): { running: number; done: number; failed: number }
}

export interface ProviderEngineInit {
  records: ProviderRecords
  signing: SigningContext
  actions: ProviderActions
  credit: Credit
}

/** Ended agreements kept in memory, so that a buyer that asks again at once needs no disk. */
const ENDED_KEPT_MAX = 512

export function createProviderEngine({ records, signing, actions, credit }: ProviderEngineInit): ProviderEngine {
  const states = new Map<AgreementId, ProviderAgreement>()
  const ended = new Set<AgreementId>()
  const totals = { done: 0, failed: 0 }

  function set(state: ProviderAgreement): void {
    const before = states.get(state.id)
    states.set(state.id, state)
    credit.see(state)
    if (state.phase.code === 'settled' || state.phase.code === 'failed') {
      if (before !== undefined && before.phase.code !== state.phase.code) {
        totals[state.phase.code === 'settled' ? 'done' : 'failed']++
        actions.ended(state)
      }
      ended.add(state.id)
      if (ended.size > ENDED_KEPT_MAX) forgetOldest()
    }
  }

  function forgetOldest(): void {
    const [oldest] = ended
    if (oldest === undefined) return
    ended.delete(oldest)
    states.delete(oldest)
  }

  function write(state: ProviderAgreement): Op[] {
    const open = state.phase.code === 'running' || owes(state)
    return [
      records.agreements.put(state.id, state),
      open ? records.open.put(state.id, true) : records.open.del(state.id)
    ]
  }

  function act(state: ProviderAgreement, effect: ProviderEffect): void {
    if (effect.type === 'execute') actions.execute(state)
    else if (effect.type === 'stop') actions.stop(state.id)
    else if (effect.type === 'sendFailure') actions.sendFailure(state, effect.failure)
    else actions.sendReceipt(state, signReceipt(effect.receipt))
  }

  const signReceipt = (receipt: Receipt): SignedReceipt => sign(signing.signer, signing.domain, receiptType, receipt)

  function held(id: AgreementId): ProviderAgreement {
    const state = states.get(id)
    assert(state !== undefined, `agreement ${id} is not loaded`)
    return state
  }

  async function apply(id: AgreementId, event: ProviderEvent): Promise<void> {
    const before = held(id)
    const { state, effects } = stepProvider(before, event, signing.nowSec())
    if (state !== before) {
      set(state)
      await records.store.commit(write(state))
    }
    // The buyer wants nothing more of it: what it owes stays on record, but blocks none of its money.
    if (event.type === 'cancelled' && state.phase.code === 'delivered') actions.ended(state)
    for (const effect of effects) act(state, effect)
  }

  async function load(id: AgreementId): Promise<ProviderAgreement | undefined> {
    const known = states.get(id)
    if (known !== undefined) return known
    const stored = await records.agreements.get(id)
    // Another caller may have loaded and changed it while we waited for the disk.
    const raced = states.get(id)
    if (raced !== undefined) return raced
    if (stored !== undefined) set(stored)
    return stored
  }

  return {
    async add(state) {
      assert(!states.has(state.id), `agreement ${state.id} is new`)
      set(state)
      // Running before it is stored risks only our own work; the receipt waits for its own commit, and so for this one.
      await Promise.all([records.store.commit(write(state)), apply(state.id, { type: 'accepted' })])
    },
    load,
    get: id => states.get(id),
    apply,
    stage(id, event) {
      const { state } = stepProvider(held(id), event, signing.nowSec())
      set(state)
      return write(state)
    },
    async restart() {
      for await (const [id] of records.open.iterate()) {
        const state = await load(id as AgreementId)
        if (state === undefined) continue
        if (state.phase.code !== 'running' && state.demand.body.deadline + WRITE_OFF_SEC < signing.nowSec()) {
          await records.store.commit([records.open.del(state.id)])
          continue
        }
        if (state.phase.code === 'running' || state.phase.code === 'delivered') actions.resumed(state)
        await apply(state.id, { type: 'restarted' })
      }
    },
    counts() {
      let running = 0
      for (const { phase } of states.values()) if (phase.code === 'running') running++
      return { running, ...totals }
    }
  }
}
