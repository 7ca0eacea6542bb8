import {
  type Address,
  type AgreementId,
  type CaseFacts,
  caseId,
  type DisputePolicy,
  decideFault,
  type Hash,
  sameHex,
  stakeQuanta,
  type UnixSec,
  type Wei
} from '@archipel/protocol'
import type { Bonds, Chain, Court } from '../chain/index.ts'
import type { CallOptions } from '../client.ts'
import type { BlockStore } from '../content/block-store.ts'
import { delay, waitFor } from '../net/index.ts'
import type { BuyerRecords } from '../records.ts'
import { randomHash } from './act.ts'
import { CASES_OPEN_MAX } from './limits.ts'
import { type CourtMoment, readMoment } from './moment.ts'
import { createBuyerParty } from './party.ts'
import type { DisputeRecord } from './record.ts'
import { createDisputeRunner, type DisputeNews, isSettled } from './runner.ts'
import { type DisputeSettings, policyOf } from './settings.ts'

/**
 * Answers providers that claim what was not delivered, or was paid, and sues for wrong results that were paid for. It acts
 * while the client runs; the court gives days for everything, so a client that is started now and then is in time.
 */
export interface BuyerDisputes {
  /** Reads what is stored. */
  load(): Promise<void>
  /** One look at every case. @throws what the chain's questions throw */
  run(options?: CallOptions): Promise<readonly DisputeRecord[]>
  start(): void
  stop(): Promise<void>
  /** Once it was looked for the first time since the start, or could not be; for a while at most. */
  firstLook(): Promise<void>
  /** True for an agreement that a court has paid from its channel: a voucher would pay it again. */
  isAwarded(agreement: AgreementId): boolean
}

export interface BuyerDisputesInit {
  records: BuyerRecords
  chain: Chain
  court: Court
  bonds: Bonds
  blocks: Pick<BlockStore, 'get'>
  payer: Address
  /** Block from which on the court is searched. */
  deployedAt: number
  settings: DisputeSettings
  onNews: (news: DisputeNews) => void
  onError: (error: unknown) => void
  intervalMs?: number | undefined
  /** Default {@link CASES_OPEN_MAX}. */
  casesMax?: number | undefined
}

/** Deadlines are hours away; between them a client need not know. */
const LOOK_INTERVAL_MS = 60_000
/** All jobs are gone through for wrong results so often: those can be sued for within a week. */
const FAULTS_INTERVAL_MS = 15 * 60_000
const SEARCH_AGAIN_BLOCKS = 64
/** A job that is older has no result that could still be sued for. */
const JOB_AGE_SEC_MAX = 16 * 86_400

export function createBuyerDisputes(init: BuyerDisputesInit): BuyerDisputes {
  const { records, chain, court, bonds, payer, settings, onNews, onError } = init
  const { intervalMs = LOOK_INTERVAL_MS, casesMax = CASES_OPEN_MAX } = init
  const open = new Map<Hash, DisputeRecord>()
  const awarded = new Set<AgreementId>()
  let loading: Promise<void> | undefined
  let stopping: AbortController | undefined
  let underWay: Promise<unknown> = Promise.resolve()
  let first: Promise<unknown> = Promise.resolve()
  let nextSearchMs = 0
  const runner = createDisputeRunner({
    court,
    chain,
    store: records.store,
    table: records.disputes,
    party: createBuyerParty(init, payer),
    onNews
  })

  function load(): Promise<void> {
    loading ??= (async () => {
      for await (const [, record] of records.disputes.iterate()) keep(record)
    })()
    return loading
  }

  function keep(record: DisputeRecord): void {
    const isAwarded = record.kind === 'claim' && record.end?.outcome === 'upheld'
    if (isAwarded) awarded.add(record.agreement)
    else awarded.delete(record.agreement)
    // Those that are over leave with the first look, unless that was a moment ago.
    open.set(record.id, record)
  }

  /** Claims on channels of ours since the last search. */
  async function findClaims({ block, nowSec }: CourtMoment, options: CallOptions): Promise<void> {
    const before = await records.casesSearched.get(payer)
    const fromBlock = Math.max(init.deployedAt, (before?.block ?? -1) + 1 - SEARCH_AGAIN_BLOCKS)
    for (const { id, facts, blockNumber } of await court.casesOpened({ fromBlock, toBlock: block }, options)) {
      if (facts.kind !== 'claim' || open.has(id) || (await records.disputes.get(id)) !== undefined) continue
      const channel = await ownChannel(facts)
      if (channel === undefined) continue
      // It is found again, once there is room.
      if (open.size >= casesMax) return
      const { provider, amount } = facts
      await add({
        ...blank(facts, blockNumber, nowSec),
        id,
        kind: 'claim',
        side: 'defendant',
        channel,
        counterparty: provider,
        amount
      })
    }
    await records.store.commit([records.casesSearched.put(payer, { block })])
  }

  async function ownChannel({ channel }: CaseFacts) {
    const key = ((await records.channels.get(channel)) ?? (await records.strays.get(channel)))?.key
    return key !== undefined && sameHex(key.payer, payer) ? key : undefined
  }

  /** Results that a quorum contradicted after some of their work was paid. */
  async function findFaults(moment: CourtMoment, policy: DisputePolicy, options: CallOptions): Promise<void> {
    for await (const [, job] of records.jobs.iterate()) {
      if (job.digest === undefined || job.createdAt + JOB_AGE_SEC_MAX < moment.nowSec) continue
      for (const id of job.agreements) await considerFault(id, moment, policy, options)
    }
  }

  async function considerFault(
    id: AgreementId,
    moment: CourtMoment,
    policy: DisputePolicy,
    options: CallOptions
  ): Promise<void> {
    const agreement = await records.agreements.get(id)
    if (agreement?.phase.code !== 'rejected' || agreement.paid === 0n || open.size >= casesMax) return
    const key = caseId(agreement.channel, id, 'fault')
    const channel = (await records.channels.get(agreement.channel))?.key
    if (channel === undefined || !sameHex(channel.arbiter, court.court)) return
    if (!sameHex(channel.payer, payer) || (await records.disputes.get(key)) !== undefined) return
    const { provider } = agreement.bid.body
    const [{ settled }, exposed] = await Promise.all([
      chain.channelState(agreement.channel, options),
      exposedOf(provider, options)
    ])
    const decision = decideFault({
      agreement,
      exposed,
      settled,
      hasJury: moment.seats >= JURY_MIN,
      stake: BigInt(stakeQuanta(0)) * moment.quantum,
      feePerGasWei: moment.feePerGasWei,
      nowSec: moment.nowSec,
      policy
    })
    if (decision.type !== 'fault') return
    const { receipt, lost, bySec } = decision
    const { bid, agreement: agreed } = agreement
    await add({
      ...blank({ agreement: id }, moment.block, moment.nowSec),
      id: key,
      kind: 'fault',
      side: 'plaintiff',
      channel,
      counterparty: provider,
      amount: lost,
      // On disk before the chain hears of its anchor.
      seed: randomHash(),
      opening: {
        filing: { channel, bid: bid.body, receipt, agreementSignature: agreed.signature },
        statement: undefined,
        bySec
      }
    })
  }

  async function exposedOf(provider: Address, options: CallOptions): Promise<Wei> {
    const owner = await bonds.ownerOf(provider, options)
    return owner === undefined ? 0n : (await bonds.exposureOf(owner, court.court, options)).cap
  }

  function blank({ agreement }: Pick<CaseFacts, 'agreement'>, block: number, since: UnixSec) {
    return {
      agreement,
      seed: undefined,
      fromBlock: Math.max(0, block - SEARCH_AGAIN_BLOCKS),
      since,
      opening: undefined,
      delivered: undefined,
      steps: [],
      end: undefined,
      next: undefined
    }
  }

  async function add(record: DisputeRecord): Promise<void> {
    open.set(record.id, await runner.add(record))
  }

  async function pass(options: CallOptions): Promise<readonly DisputeRecord[]> {
    await load()
    const signal = options.signal ?? AbortSignal.timeout(PASS_TIMEOUT_MS)
    const place = { chain, court, account: payer }
    const moment = await readMoment(place, { signal })
    const policy = policyOf(settings, moment.quantum)
    for (const record of open.values()) if (isSettled(record, moment)) open.delete(record.id)
    await findClaims(moment, { signal })
    if (performance.now() >= nextSearchMs) {
      await findFaults(moment, policy, { signal })
      nextSearchMs = performance.now() + FAULTS_INTERVAL_MS
    }
    for (const record of [...open.values()]) {
      const now = open.size < 2 ? moment : await readMoment(place, { signal })
      keep(await runner.advance(record, { moment: now, policy, signal }))
    }
    await withdraw(policy, signal)
    return [...open.values()]
  }

  /** What is left of stakes comes home once no case is open. */
  async function withdraw({ amountMin, isAutomatic }: DisputePolicy, signal: AbortSignal): Promise<void> {
    // Not what somebody put there for other ends: only right after a case of ours.
    if (!isAutomatic || open.size === 0 || [...open.values()].some(({ end }) => end === undefined)) return
    const balance = await court.balanceOf(payer, { signal })
    if (balance >= amountMin) await court.withdraw(balance, { signal })
  }

  /** One at a time: two looks would both send the same. */
  function run(options: CallOptions = {}): Promise<readonly DisputeRecord[]> {
    const turn = underWay.then(() => pass(options))
    underWay = turn.catch(() => {})
    return turn
  }

  async function repeat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await run({ signal }).catch(err => {
        if (!signal.aborted) onError(err)
      })
      await delay(intervalMs, signal).catch(() => {})
    }
  }

  return {
    load,
    run,
    start() {
      if (stopping !== undefined) return
      stopping = new AbortController()
      void repeat(stopping.signal)
      first = underWay
    },
    async stop() {
      stopping?.abort(new DOMException('the client stops', 'AbortError'))
      stopping = undefined
      await underWay
    },
    async firstLook() {
      await waitFor(first, AbortSignal.timeout(FIRST_LOOK_MS)).catch(() => {})
    },
    isAwarded: agreement => awarded.has(agreement)
  }
}

/** Longest that the first look is waited for: it only keeps a buyer from paying what a court has paid. */
const FIRST_LOOK_MS = 5_000
/** One look at all cases: minutes of a slow chain. */
const PASS_TIMEOUT_MS = 300_000
/** Jurors of a first round. */
const JURY_MIN = 3
