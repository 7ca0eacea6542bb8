import type { BlockStore, Court, CourtMoment, DisputeRecord, SigningContext } from '@archipel/client'
import {
  type AgreementId,
  type ChannelId,
  type DisputePolicy,
  owedReceipt,
  type ProviderAgreement,
  sameHex,
  type Wei
} from '@archipel/protocol'
import type { ProviderEngine } from '../agreement/engine.ts'
import { formatAmount } from '../config/units/amount.ts'
import type { Logger } from '../log.ts'
import type { ChannelBooks } from '../payment/channel-books.ts'
import type { ProviderRecords } from '../store/records.ts'
import { type Candidate, claimRecord, dataOf, decide } from './claim-record.ts'
import type { Delivered } from './held-results.ts'
import { forgoText } from './words.ts'

/** Finds what there is to claim for, in the books as they are. */
export interface ClaimSearch {
  /** Agreements that are over, not paid, and due in court now, each with the record of its claim. */
  find(moment: CourtMoment, policy: DisputePolicy): AsyncGenerator<DisputeRecord, void, undefined>
  /** A claim as the books of this moment have it. @returns undefined when it is not to be made now */
  draft(id: AgreementId, moment: CourtMoment, policy: DisputePolicy): Promise<DisputeRecord | undefined>
  /** What was delivered and is not paid for. */
  unpaid(): Promise<Map<AgreementId, Delivered>>
  /** Nothing is owed for it any more. */
  isSettled(id: AgreementId): Promise<boolean>
  /** Its time has come, and it waits for other work on the channel to end: none should begin. */
  isReady(channel: ChannelId): boolean
}

export interface ClaimSearchInit {
  records: ProviderRecords
  engine: () => Pick<ProviderEngine, 'get'>
  books: Pick<ChannelBooks, 'find' | 'get'>
  court: Pick<Court, 'court'>
  blocks: Pick<BlockStore, 'get'>
  signing: SigningContext
  log: Pick<Logger, 'info'>
  /** Our claims that keep a channel from paying for anything else. */
  claimsOn: (channel: ChannelId) => readonly DisputeRecord[]
  /** There is a claim for it already, or was one. */
  hasClaim: (agreement: ProviderAgreement) => Promise<boolean>
}

export function createClaimSearch(init: ClaimSearchInit): ClaimSearch {
  const { records, engine, books, court, blocks, signing, log, claimsOn, hasClaim } = init
  /** Agreements whose time has come while others still run on their channel. */
  const ready = new Map<AgreementId, ChannelId>()
  /** What was decided not to claim for, and why: told once. */
  const forgone = new Map<AgreementId, string>()

  async function stateOf(id: AgreementId): Promise<ProviderAgreement | undefined> {
    return engine().get(id) ?? (await records.agreements.get(id))
  }

  /** What the books say of an agreement, if this court can do anything about it. */
  async function candidate(id: AgreementId, isBusy: boolean): Promise<Candidate | undefined> {
    const stored = await stateOf(id)
    const found = stored === undefined ? undefined : await books.find(stored.channel)
    // Nothing is waited for from here on.
    const agreement = engine().get(id) ?? stored
    const channel = found === undefined ? undefined : (books.get(found.id) ?? found)
    if (agreement === undefined || channel === undefined || !sameHex(channel.key.arbiter, court.court)) return undefined
    const others = claimsOn(channel.id).filter(one => one.agreement !== id)
    return { agreement, channel, isBusy, claimed: others.reduce((sum, { amount }) => sum + amount, 0n) }
  }

  async function draft(
    id: AgreementId,
    isBusy: boolean,
    moment: CourtMoment,
    policy: DisputePolicy
  ): Promise<DisputeRecord | undefined> {
    const first = await candidate(id, isBusy)
    if (first === undefined || (await hasClaim(first.agreement))) return undefined
    const decision = decide(first, moment, policy)
    if (decision.type === 'ready') ready.set(id, first.agreement.channel)
    else if (decision.type !== 'claim') ready.delete(id)
    if (decision.type === 'forgo') return forgo(id, decision.why, decision.due)
    if (decision.type !== 'claim') return undefined
    if (!policy.isAutomatic) return forgo(id, 'auto', decision.due)
    const data = await dataOf(first.agreement, decision.receipt, blocks)
    if (data === undefined) return forgo(id, 'data', decision.due)
    // A payment may have come in while the data was hashed: decided anew, on the books of one moment.
    const now = await candidate(id, isBusy)
    const last = now && decide(now, moment, policy)
    const isSame = last?.type === 'claim' && last.receipt.sequence === decision.receipt.sequence
    if (now === undefined || !isSame) return undefined
    ready.delete(id)
    return claimRecord(now, last, data, moment, signing)
  }

  function forgo(id: AgreementId, why: string, due: Wei): undefined {
    if (forgone.get(id) === why) return
    forgone.set(id, why)
    log.info({ agreement: id, due: formatAmount(due), why }, `a debt is not taken to court: ${forgoText(why)}`)
  }

  /** Agreements that are over and not paid for, and the channels that others still run on. */
  async function readOwing(): Promise<{ owing: ProviderAgreement[]; running: Set<ChannelId> }> {
    const owing: ProviderAgreement[] = []
    const running = new Set<ChannelId>()
    for await (const [id] of records.open.iterate()) {
      const state = await stateOf(id as AgreementId)
      if (state?.phase.code === 'running') running.add(state.channel)
      else if (state !== undefined) owing.push(state)
    }
    return { owing, running }
  }

  return {
    async *find(moment, policy) {
      const { owing, running } = await readOwing()
      const isOwing = new Set(owing.map(({ id }) => id))
      for (const id of ready.keys()) if (!isOwing.has(id)) ready.delete(id)
      for (const id of forgone.keys()) if (!isOwing.has(id)) forgone.delete(id)
      for (const { id, channel } of owing) {
        const record = await draft(id, running.has(channel), moment, policy)
        if (record !== undefined) yield record
      }
    },
    draft: (id, moment, policy) => draft(id, false, moment, policy),
    async unpaid() {
      const { owing } = await readOwing()
      return new Map(owing.flatMap(({ id, phase }) => (phase.code === 'delivered' ? [[id, phase.result]] : [])))
    },
    async isSettled(id) {
      const state = await stateOf(id)
      return state !== undefined && owedReceipt(state) === undefined
    },
    isReady: channel => [...ready.values()].includes(channel)
  }
}
