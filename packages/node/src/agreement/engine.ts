import { type Failpoint, failpoint, type Op, type SigningContext } from '@archipel/client'
import {
  type AgreementId,
  assert,
  CodedError,
  type Failure,
  type ProviderAgreement,
  type ProviderEffect,
  type ProviderEvent,
  type Receipt,
  type Result,
  receiptType,
  type SignedReceipt,
  sign,
  stepProvider,
  type UnixSec
} from '@archipel/protocol'
import { RESULT_KEPT_SEC } from '../execution/limits.ts'
import { createHeldRecords } from '../store/held-records.ts'
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
  /** After a restart: this result was promised to be kept. */
  kept(id: AgreementId, result: Result, stderr: Uint8Array, untilSec: UnixSec): void
  /** Some of it was paid: that much less needs to be kept for it. */
  paid(state: ProviderAgreement): void
}

/** The first `receipts` receipts of an agreement are paid. */
export interface PaidReceipts {
  readonly agreement: AgreementId
  readonly receipts: number
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
  /** Rejects with E_STORE when the change could not be stored; nothing of it counts then, and it may be made again. */
  apply(id: AgreementId, event: ProviderEvent): Promise<void>
  /** Takes receipts as paid and stores that together with `ops`: all of it or nothing. */
  pay(paid: readonly PaidReceipts[], ops: readonly Op[]): Promise<void>
  /** Takes up everything a crash or stop interrupted. Before anybody can send messages about it. */
  restart(): Promise<void>
  counts(): { running: number; done: number; failed: number }
}

export interface ProviderEngineInit {
  records: ProviderRecords
  signing: SigningContext
  actions: ProviderActions
  credit: Credit
  /** How long after its deadline a debt is kept track of. Default {@link WRITE_OFF_SEC}. */
  writeOffSec?: number | undefined
}

/** Ended agreements kept in memory, so that a buyer that asks again at once needs no disk. */
const ENDED_KEPT_MAX = 512

export function createProviderEngine(init: ProviderEngineInit): ProviderEngine {
  const { records, signing, actions, credit, writeOffSec = WRITE_OFF_SEC } = init
  const states = createHeldRecords<AgreementId, ProviderAgreement>()
  const ended = new Set<AgreementId>()
  const totals = { done: 0, failed: 0 }

  // A receipt that was told of and then forgotten would be signed again with other figures: two of one sequence.
  records.store.onFailure(() => {
    for (const [id, state] of states.revert()) {
      if (state === undefined) {
        actions.stop(id)
        continue
      }
      credit.see(state)
      if (!isOver(state)) {
        ended.delete(id)
        actions.resumed(state)
      }
    }
  })

  /** Notes what follows from a state, new or read from disk. */
  function see(state: ProviderAgreement): void {
    credit.see(state)
    if (!isOver(state)) return
    ended.add(state.id)
    if (ended.size > ENDED_KEPT_MAX) forgetOldest()
  }

  function set(state: ProviderAgreement): void {
    const before = states.get(state.id)
    states.set(state.id, state)
    see(state)
    if (before !== undefined && before.phase.code !== state.phase.code && isOver(state)) {
      totals[state.phase.code === 'settled' ? 'done' : 'failed']++
      actions.ended(state)
    } else if (before !== undefined && before.paid !== state.paid) {
      actions.paid(state)
    }
  }

  function forgetOldest(): void {
    for (const id of ended) {
      if (!states.forget(id)) continue
      ended.delete(id)
      return
    }
  }

  function write(state: ProviderAgreement): Op[] {
    const open = state.phase.code === 'running' || owes(state)
    return [
      records.agreements.put(state.id, state),
      open ? records.open.put(state.id, true) : records.open.del(state.id)
    ]
  }

  async function commit(changed: readonly ProviderAgreement[], ops: readonly Op[]): Promise<void> {
    await records.store.commit([...ops, ...changed.flatMap(write)])
    for (const state of changed) states.stored(state.id, state)
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
    checkRoom()
    const before = held(id)
    const { state, effects } = stepProvider(before, event, signing.nowSec())
    const points = state === before ? undefined : FAILPOINTS_OF[event.type]
    if (state !== before) {
      set(state)
      if (points !== undefined) failpoint(points.before)
      const keeps = event.type === 'finished' ? [records.kept.put(id, signing.nowSec() + RESULT_KEPT_SEC)] : []
      await commit([state], keeps)
      if (points !== undefined) failpoint(points.stored)
    } else if (effects.some(({ type }) => type !== 'execute') && !states.isStored(id)) {
      // What is to be told may still be on its way to disk; without changes a commit waits for all before it.
      await records.store.commit([])
      if (!states.isStored(id) || held(id) !== state) return apply(id, event)
    }
    // The buyer wants nothing more of it: what it owes stays on record, but blocks none of its money.
    if (event.type === 'cancelled' && state.phase.code === 'delivered') actions.ended(state)
    for (const effect of effects) act(state, effect)
  }

  /** Before anything changes: a change that the disk does not even queue would leave memory ahead of it. */
  function checkRoom(): void {
    if (records.store.isFull) {
      throw new CodedError('E_STORE_BUSY', 'too many changes wait for the disk', { facts: { fault: 'host' } })
    }
  }

  async function load(id: AgreementId): Promise<ProviderAgreement | undefined> {
    const known = states.get(id)
    if (known !== undefined) return known
    const stored = await records.agreements.get(id)
    // Another caller may have loaded and changed it while we waited for the disk.
    const raced = states.get(id)
    if (raced !== undefined) return raced
    if (stored === undefined) return undefined
    states.load(id, stored)
    see(stored)
    return stored
  }

  /** Forgets the promises that have run out, and takes up the others. */
  async function resumeKept(): Promise<void> {
    for await (const [id, untilSec] of records.kept.iterate()) {
      // Not into memory: there may be many of them, and none is to be stepped.
      const phase = (await records.agreements.get(id as AgreementId))?.phase
      const isOver = untilSec <= signing.nowSec() || phase === undefined || !('result' in phase)
      if (isOver) await records.store.commit([records.kept.del(id)])
      else actions.kept(id as AgreementId, phase.result, phase.stderr, untilSec)
    }
  }

  return {
    async add(state) {
      assert(!states.has(state.id), `agreement ${state.id} is new`)
      checkRoom()
      set(state)
      failpoint('provider.agreement.before')
      // Running before it is stored risks only our own work; the receipt waits for its own commit, and so for this one.
      await Promise.all([
        commit([state], []).then(() => failpoint('provider.agreement.stored')),
        apply(state.id, { type: 'accepted' })
      ])
    },
    load,
    get: id => states.get(id),
    apply,
    async pay(paid, ops) {
      const changed = paid.map(({ agreement, receipts }) => {
        const { state } = stepProvider(held(agreement), { type: 'paid', receipts }, signing.nowSec())
        set(state)
        return state
      })
      await commit(changed, ops)
    },
    async restart() {
      await resumeKept()
      for await (const [id] of records.open.iterate()) {
        const state = await load(id as AgreementId)
        if (state === undefined) continue
        if (state.phase.code !== 'running' && state.demand.body.deadline + writeOffSec < signing.nowSec()) {
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

const isOver = ({ phase }: ProviderAgreement): boolean => phase.code === 'settled' || phase.code === 'failed'

/** Where a crash test may end the process around a change. */
const FAILPOINTS_OF: Partial<Record<ProviderEvent['type'], Record<'before' | 'stored', Failpoint>>> = {
  ticked: { before: 'provider.tick.before', stored: 'provider.tick.stored' },
  finished: { before: 'provider.final.before', stored: 'provider.final.stored' },
  failed: { before: 'provider.failure.before', stored: 'provider.failure.stored' }
}
