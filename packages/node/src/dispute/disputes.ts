import {
  type Bonds,
  CASES_OPEN_MAX,
  type Chain,
  type Court,
  type CourtMoment,
  createDisputeRunner,
  type DisputeNews,
  type DisputeRecord,
  type DisputeSettings,
  isSettled,
  type KeptBlockStore,
  policyOf,
  readMoment,
  type SigningContext,
  spentOf
} from '@archipel/client'
import {
  type Address,
  type AgreementId,
  type CaseFacts,
  type ChannelId,
  caseId,
  channelId,
  type DisputePolicy,
  isCodedError,
  type ProviderAgreement,
  sameHex,
  stakeQuanta,
  type UnixSec,
  type Wei
} from '@archipel/protocol'
import type { ProviderEngine } from '../agreement/engine.ts'
import type { Logger } from '../log.ts'
import type { ChannelBooks } from '../payment/channel-books.ts'
import type { ProviderRecords } from '../store/records.ts'
import { claimRecord, dataOf, decide, keepsChannel, searchedFrom } from './claims.ts'
import { createHeldResults, type Delivered } from './held-results.ts'
import { createProviderParty } from './party.ts'
import type { DisputeStatus } from './status.ts'
import { tellNews } from './tell.ts'

/**
 * Goes to court for what silent buyers owe, and answers those that call a result wrong. Level-triggered: each look compares
 * the books, the stored cases and the chain, and does what follows, so that nothing hangs on an event that was seen.
 */
export interface ProviderDisputes {
  /** Reads what is stored: from then on what may be paid on which channel is known. Before anybody can be heard. */
  load(): Promise<void>
  start(): void
  stop(): Promise<void>
  /** One look at everything, now or right after the one under way. What fails is noted, and tried again with the next. */
  look(): Promise<void>
  /** Agreements that a channel may be paid for while it is in dispute; undefined: for all. */
  claimedOn(channel: ChannelId): ReadonlySet<AgreementId> | undefined
  /** No new work on this channel: it is in dispute, or is about to be. */
  isDisputed(channel: ChannelId): boolean
  status(): DisputeStatus
}

/** A block or so: deadlines are hours away. */
const LOOK_INTERVAL_MS = 12_000
/** Blocks searched again each time, for cases that were opened in one that was replaced. */
const SEARCH_AGAIN_BLOCKS = 64
/** Where the search for cases against this node goes on. */
const SEARCHED = 'cases'

export interface ProviderDisputesInit {
  records: ProviderRecords
  engine: () => Pick<ProviderEngine, 'get'>
  books: Pick<ChannelBooks, 'find' | 'get'>
  chain: Pick<Chain, 'clock' | 'gasPrice' | 'channelState' | 'feePaid' | 'redeem'>
  court: Court
  /** Without it nothing is exposed to the court, and faults cost nothing. */
  bonds: Pick<Bonds, 'ownerOf' | 'exposureOf'> | undefined
  blocks: Pick<KeptBlockStore, 'get' | 'pin' | 'unpin'>
  signing: SigningContext
  /** Gets what is left of stakes. */
  owner: Address
  settings: DisputeSettings
  log: Pick<Logger, 'debug' | 'info' | 'warn'>
  intervalMs?: number | undefined
}

export function createProviderDisputes(init: ProviderDisputesInit): ProviderDisputes {
  const { records, books, chain, court, signing, log, owner, settings, intervalMs = LOOK_INTERVAL_MS } = init
  const account = signing.signer.address
  /** All cases that are looked at. */
  const open = new Map<DisputeRecord['id'], DisputeRecord>()
  /** Agreements whose time has come while others still run on their channel. */
  const ready = new Map<AgreementId, ChannelId>()
  /** What was decided not to claim for, and why: told once. */
  const forgone = new Map<AgreementId, string>()
  const held = createHeldResults(init.blocks)
  const sums = { won: 0n, spentWei: 0n }
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> = Promise.resolve()
  let isQueued = false
  let lastError: DisputeStatus['lastError']

  const onNews = (news: DisputeNews) => {
    if (news.type === 'failed') noteError(news.error)
    tellNews(log, news)
  }
  const runner = createDisputeRunner({
    court,
    chain,
    store: records.store,
    table: records.disputes,
    party: createProviderParty(init, account),
    onNews
  })

  function noteError(error: unknown): void {
    const code = isCodedError(error) ? error.code : 'E_INTERNAL'
    lastError = { atSec: signing.nowSec(), code, message: error instanceof Error ? error.message : String(error) }
  }

  /** Cases that others opened about agreements of ours, since the last search. */
  async function findFaults({ block, nowSec }: CourtMoment): Promise<void> {
    const before = await records.counters.get(SEARCHED)
    const fromBlock = Math.max(0, (before ?? block) - SEARCH_AGAIN_BLOCKS)
    const { signal } = stopping
    for (const { id, facts, blockNumber } of await court.casesOpened({ fromBlock, toBlock: block }, { signal })) {
      if (facts.kind !== 'fault' || !sameHex(facts.provider, account)) continue
      if (open.has(id) || (await records.disputes.get(id)) !== undefined) continue
      const record = await faultRecord(id, facts, blockNumber, nowSec)
      if (record === undefined) continue
      // Found again once others have ended: the search goes on from before it.
      if (open.size >= CASES_OPEN_MAX) return
      open.set(id, await runner.add(record))
    }
    if (before !== block) await records.store.commit([records.counters.put(SEARCHED, block)])
  }

  async function faultRecord(
    id: DisputeRecord['id'],
    facts: CaseFacts,
    blockNumber: number,
    since: UnixSec
  ): Promise<DisputeRecord | undefined> {
    const [agreement, channel] = await Promise.all([stateOf(facts.agreement), books.find(facts.channel)])
    if (agreement === undefined || channel === undefined) return undefined
    return {
      id,
      kind: 'fault',
      side: 'defendant',
      agreement: agreement.id,
      channel: channel.key,
      counterparty: facts.plaintiff,
      amount: facts.amount,
      seed: undefined,
      fromBlock: searchedFrom(blockNumber),
      since,
      opening: undefined,
      delivered: undefined,
      steps: [],
      end: undefined,
      next: undefined
    }
  }

  async function stateOf(id: AgreementId): Promise<ProviderAgreement | undefined> {
    return init.engine().get(id) ?? (await records.agreements.get(id))
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
    await holdResults(owing)
    return { owing, running }
  }

  /** The buyer's own time to fetch a result is over before a court may ask for it. */
  async function holdResults(owing: readonly ProviderAgreement[]): Promise<void> {
    const wanted = new Map<AgreementId, Delivered>()
    for (const { id, phase } of owing) if (phase.code === 'delivered') wanted.set(id, phase.result)
    for (const { agreement, delivered } of open.values()) if (delivered !== undefined) wanted.set(agreement, delivered)
    await held.set(wanted)
  }

  /** Each with what it takes to decide. */
  async function findClaims(moment: CourtMoment, policy: DisputePolicy): Promise<void> {
    const { owing, running } = await readOwing()
    const isOwing = new Set(owing.map(({ id }) => id))
    for (const id of ready.keys()) if (!isOwing.has(id)) ready.delete(id)
    for (const id of forgone.keys()) if (!isOwing.has(id)) forgone.delete(id)
    for (const { id, channel } of owing) {
      stopping.signal.throwIfAborted()
      await considerClaim(id, running.has(channel), moment, policy)
    }
  }

  async function considerClaim(
    id: AgreementId,
    isBusy: boolean,
    moment: CourtMoment,
    policy: DisputePolicy
  ): Promise<void> {
    const first = await candidate(id, isBusy)
    if (first === undefined || (await hasCase(first.agreement))) return
    const decision = decide(first, moment, policy)
    if (decision.type === 'ready') ready.set(id, first.agreement.channel)
    else if (decision.type !== 'claim') ready.delete(id)
    if (decision.type === 'forgo') return forgo(id, decision.why, decision.due)
    if (decision.type !== 'claim' || open.size >= CASES_OPEN_MAX) return
    const data = await dataOf(first.agreement, decision.receipt, init.blocks)
    if (data === undefined) return forgo(id, 'data', decision.due)
    // A payment may have come in while the data was hashed: decided anew, on the books of one moment.
    const now = await candidate(id, isBusy)
    const last = now === undefined ? undefined : decide(now, moment, policy)
    if (now === undefined || last?.type !== 'claim' || last.receipt.sequence !== decision.receipt.sequence) return
    const record = claimRecord(now, last, data, moment, signing)
    open.set(record.id, record)
    ready.delete(id)
    try {
      await runner.add(record)
    } catch (err) {
      open.delete(record.id)
      throw err
    }
  }

  async function hasCase({ id, channel }: ProviderAgreement): Promise<boolean> {
    const known = [...open.values()].some(one => one.agreement === id && one.kind === 'claim')
    return known || (await records.disputes.get(caseId(channel, id, 'claim'))) !== undefined
  }

  /** What the books say of an agreement, if this court can do anything about it. */
  async function candidate(id: AgreementId, isBusy: boolean) {
    const stored = await stateOf(id)
    const found = stored === undefined ? undefined : await books.find(stored.channel)
    // Nothing is waited for from here on.
    const agreement = init.engine().get(id) ?? stored
    const channel = found === undefined ? undefined : (books.get(found.id) ?? found)
    if (agreement === undefined || channel === undefined || !sameHex(channel.key.arbiter, court.court)) return undefined
    const others = [...open.values()].filter(one => keepsChannel(one) && channelId(one.channel) === channel.id)
    return { agreement, channel, isBusy, claimed: others.reduce((sum, { amount }) => sum + amount, 0n) }
  }

  function forgo(id: AgreementId, why: string, due: Wei): void {
    if (forgone.get(id) === why) return
    forgone.set(id, why)
    log.info({ agreement: id, due, why }, 'a debt is not taken to court: it would not be worth it')
  }

  /** Stakes of cases that are over go home, but for one that keeps the next case from waiting for tokens. */
  async function withdraw({ balance, quantum }: CourtMoment, policy: DisputePolicy): Promise<void> {
    const keep = BigInt(stakeQuanta(0)) * quantum
    const isIdle = [...open.values()].every(({ end }) => end !== undefined)
    if (!isIdle || !policy.isAutomatic || balance < keep + policy.amountMin || balance === keep) return
    const { hash, feeWei } = await court.withdraw(balance - keep, { to: owner, signal: stopping.signal })
    sums.spentWei += feeWei
    log.info(
      { transaction: hash, amount: balance - keep, feeWei, to: owner },
      'sent what the court paid back to the owner'
    )
  }

  async function look(): Promise<void> {
    const { signal } = stopping
    const moment = await readMoment({ chain, court, account }, { signal })
    const policy = policyOf(settings, moment.quantum)
    await findFaults(moment)
    await findClaims(moment, policy)
    for (const record of open.values()) {
      const after = await runner.advance(record, { moment: await momentFor(moment), policy, signal })
      open.set(after.id, after)
      if (isSettled(after, moment)) leave(after)
    }
    await withdraw(moment, policy)
    lastError = undefined
  }

  /** What lies in the court changes with each stake. */
  async function momentFor(moment: CourtMoment): Promise<CourtMoment> {
    if (open.size < 2) return moment
    return readMoment({ chain, court, account }, { signal: stopping.signal })
  }

  function leave(record: DisputeRecord): void {
    open.delete(record.id)
    sums.won += wonBy(record)
    sums.spentWei += spentOf(record)
  }

  async function lookSafely(): Promise<void> {
    try {
      if (!stopping.signal.aborted) await look()
    } catch (err) {
      if (stopping.signal.aborted) return
      noteError(err)
      log.debug({ reason: isCodedError(err) ? err.code : String(err) }, 'could not look after cases; tried again')
    }
  }

  /** One at a time: two looks would both send the same. */
  function lookNext(): Promise<void> {
    looking = looking.then(lookSafely)
    return looking
  }

  return {
    async load() {
      for await (const [, record] of records.disputes.iterate()) {
        if (record.end === undefined) open.set(record.id, record)
        else leave(record)
      }
      await readOwing()
    },
    start() {
      // One that takes longer than the interval is not queued behind itself.
      const tick = () => {
        if (isQueued) return
        isQueued = true
        void lookNext().finally(() => {
          isQueued = false
        })
      }
      timer = setInterval(tick, intervalMs)
      timer.unref()
      tick()
    },
    async stop() {
      clearInterval(timer)
      stopping.abort(new DOMException('the node stops', 'AbortError'))
      await looking
    },
    look: lookNext,
    claimedOn(channel) {
      const claims = [...open.values()].filter(one => keepsChannel(one) && channelId(one.channel) === channel)
      return claims.length === 0 ? undefined : new Set(claims.map(({ agreement }) => agreement))
    },
    isDisputed(channel) {
      const isReady = [...ready.values()].includes(channel)
      return isReady || [...open.values()].some(one => keepsChannel(one) && channelId(one.channel) === channel)
    },
    status() {
      const all = [...open.values()]
      const running = all.filter(({ end }) => end === undefined)
      const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)
      const dues = running.flatMap(({ next }) => (next?.untilSec === undefined ? [] : [next.untilSec]))
      return {
        open: running.length,
        amount: sum(running.map(({ amount }) => amount)),
        won: sums.won + sum(all.map(wonBy)),
        spentWei: sums.spentWei + sum(all.map(spentOf)),
        nextUntil: firstOf(dues),
        lastError
      }
    }
  }
}

function wonBy({ kind, side, end }: DisputeRecord): Wei {
  return kind === 'claim' && side === 'plaintiff' ? (end?.awarded ?? 0n) : 0n
}

function firstOf(times: readonly UnixSec[]): UnixSec | undefined {
  return times.length === 0 ? undefined : Math.min(...times)
}
