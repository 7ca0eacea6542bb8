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
import { isOpenClaim, isShort, searchedFrom } from './claim-record.ts'
import { createClaimSearch } from './claim-search.ts'
import { createHeldResults } from './held-results.ts'
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
  /** Default {@link CASES_OPEN_MAX}. */
  casesMax?: number | undefined
}

export function createProviderDisputes(init: ProviderDisputesInit): ProviderDisputes {
  const { records, books, chain, court, signing, log, owner, settings } = init
  const { intervalMs = LOOK_INTERVAL_MS, casesMax = CASES_OPEN_MAX } = init
  const account = signing.signer.address
  /** All cases that are looked at. */
  const open = new Map<DisputeRecord['id'], DisputeRecord>()
  /** Claims that are being filed at this moment. */
  const filing = new Set<DisputeRecord['id']>()
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

  const search = createClaimSearch({ ...init, claimsOn, hasClaim })

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
      // It is found again, once there is room.
      if (open.size >= casesMax) return
      const record = await faultRecord(id, facts, blockNumber, nowSec)
      if (record !== undefined) open.set(id, await runner.add(record))
    }
    if (before !== block) await records.store.commit([records.counters.put(SEARCHED, block)])
  }

  async function faultRecord(
    id: DisputeRecord['id'],
    facts: CaseFacts,
    blockNumber: number,
    since: UnixSec
  ): Promise<DisputeRecord | undefined> {
    const [agreement, channel] = await Promise.all([records.agreements.get(facts.agreement), books.find(facts.channel)])
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

  /** The buyer's own time to fetch a result is over before a court may ask for it. */
  async function holdResults(): Promise<void> {
    const wanted = await search.unpaid()
    for (const { agreement, delivered } of open.values()) if (delivered !== undefined) wanted.set(agreement, delivered)
    await held.set(wanted)
  }

  async function findClaims(moment: CourtMoment, policy: DisputePolicy): Promise<void> {
    for await (const record of search.find(moment, policy)) {
      stopping.signal.throwIfAborted()
      if (open.size >= casesMax) return
      // No voucher for anything else from here on.
      open.set(record.id, record)
      await runner.add(record).catch(err => {
        open.delete(record.id)
        throw err
      })
    }
  }

  /**
   * A claim that waited for its stake keeps nobody from paying for other work meanwhile: what it states may be old by now,
   * and is stated anew.
   *
   * @returns undefined when it is not to be filed now
   */
  async function renew(
    record: DisputeRecord,
    moment: CourtMoment,
    policy: DisputePolicy
  ): Promise<DisputeRecord | undefined> {
    const stake = BigInt(stakeQuanta(0)) * moment.quantum
    if (!isShort(record) || moment.balance + moment.wallet < stake) return record
    filing.add(record.id)
    const fresh = await search.draft(record.agreement, moment, policy)
    if (fresh !== undefined) {
      const { amount, opening, delivered } = fresh
      return save({ ...record, amount, opening, delivered })
    }
    if (!(await search.isSettled(record.agreement))) return undefined
    const { nowSec: atSec, block: atBlock } = moment
    const end = { outcome: 'dropped', awarded: 0n, credited: 0n, atSec, atBlock } as const
    const dropped = await save({ ...record, end, next: undefined })
    onNews({ type: 'ended', record: dropped })
    return dropped
  }

  async function save(record: DisputeRecord): Promise<DisputeRecord> {
    await records.store.commit([records.disputes.put(record.id, record)])
    return record
  }

  /** A claim that is being stated anew is as good as none. */
  async function hasClaim({ id, channel }: ProviderAgreement): Promise<boolean> {
    const claim = caseId(channel, id, 'claim')
    return !filing.has(claim) && (open.has(claim) || (await records.disputes.get(claim)) !== undefined)
  }

  /** Our claims that keep a channel from paying for anything else. */
  function claimsOn(channel: ChannelId): DisputeRecord[] {
    const isKept = (one: DisputeRecord) => isOpenClaim(one) && (!isShort(one) || filing.has(one.id))
    return [...open.values()].filter(one => isKept(one) && channelId(one.channel) === channel)
  }

  /** Stakes of cases that are over go home, but for one that keeps the next case from waiting for tokens. */
  async function withdraw({ balance, quantum }: CourtMoment, policy: DisputePolicy): Promise<void> {
    const keep = BigInt(stakeQuanta(0)) * quantum
    // Not what somebody put there for other ends: only right after a case of ours.
    const isIdle = open.size > 0 && [...open.values()].every(({ end }) => end !== undefined)
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
    lastError = undefined
    for (const record of open.values()) if (isSettled(record, moment)) leave(record)
    await findFaults(moment)
    await findClaims(moment, policy)
    await holdResults()
    for (const record of [...open.values()]) await advance(record, await momentFor(moment), policy)
    await withdraw(moment, policy)
  }

  async function advance(record: DisputeRecord, moment: CourtMoment, policy: DisputePolicy): Promise<void> {
    const { signal } = stopping
    try {
      const renewed = await renew(record, moment, policy)
      if (renewed === undefined) return
      const isDropped = renewed.end?.outcome === 'dropped'
      const after = isDropped ? renewed : await runner.advance(renewed, { moment, policy, signal })
      open.set(after.id, after)
    } finally {
      filing.delete(record.id)
    }
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
      // Those that are over leave with the first look, unless that was a moment ago.
      for await (const [, record] of records.disputes.iterate()) open.set(record.id, record)
      await holdResults()
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
      const claims = claimsOn(channel)
      return claims.length === 0 ? undefined : new Set(claims.map(({ agreement }) => agreement))
    },
    isDisputed(channel) {
      return search.isReady(channel) || claimsOn(channel).length > 0
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
