import {
  type Address,
  CASE_GAS,
  type CaseEvidence,
  type CaseMove,
  type CaseStory,
  CONTEST_GAS,
  creditOf,
  type DisputePolicy,
  feePerGasMaxOf,
  isCodedError,
  nextMove,
  sameHex,
  secretChain,
  stakedQuanta,
  stakeQuanta,
  type Wei
} from '@archipel/protocol'
import type { Chain, Court, SendOptions, TxReceipt } from '../chain/index.ts'
import { failpoint } from '../failpoint.ts'
import type { Store, Table } from '../store/index.ts'
import { type ActingCourt, carryOut, type DisputeHands, randomHash } from './act.ts'
import type { CourtMoment } from './moment.ts'
import { hasPending, settlePending } from './pending.ts'
import { type DisputeNext, type DisputeRecord, type DisputeStep, nextOf, spentOf, withStep } from './record.ts'

/** What only one of the two parties knows. */
export interface DisputeParty extends DisputeHands {
  readonly account: Address
  /** What it finds of a case, and what it stands to lose by it besides stakes, in the channel's token. */
  examine(record: DisputeRecord, story: CaseStory): Promise<{ evidence: CaseEvidence; atRisk: Wei }>
}

/** Something about a case that its party should hear of. */
export type DisputeNews =
  | { readonly type: 'found' | 'decided' | 'ended'; readonly record: DisputeRecord }
  | { readonly type: 'done'; readonly record: DisputeRecord; readonly step: DisputeStep }
  | { readonly type: 'failed'; readonly record: DisputeRecord; readonly what: string; readonly error: unknown }

export interface DisputeRunnerInit {
  court: ActingCourt & Pick<Court, 'readCase' | 'caseEvents' | 'docketOf' | 'claim' | 'fault' | 'deposit'>
  chain: Pick<Chain, 'channelState' | 'feePaid'>
  store: Store
  table: Table<DisputeRecord>
  party: DisputeParty
  onNews: (news: DisputeNews) => void
}

/** What every look at a case goes by. */
export interface DisputeLook {
  readonly moment: CourtMoment
  readonly policy: DisputePolicy
  readonly signal: AbortSignal
}

/**
 * Takes a case one step further: looks how it stands on chain, decides, stores, acts. Nothing is remembered from look to
 * look but what the record has, so that a crash at any moment loses nothing: what was sent is found on the chain, and what
 * was not is decided upon again.
 */
export interface DisputeRunner {
  /** Stores a record, before anything is sent for it. */
  add(record: DisputeRecord): Promise<DisputeRecord>
  /** @returns the record after it. What fails is told, and tried again with the next look */
  advance(record: DisputeRecord, look: DisputeLook): Promise<DisputeRecord>
}

/** A case that ended may begin again when its end is reorganised away: so many blocks it is looked at for… */
const END_DEPTH_BLOCKS = 32
/** …or so long, on chains that make no blocks while nobody needs one. */
const END_AGE_SEC = 600

export function createDisputeRunner({ court, chain, store, table, party, onNews }: DisputeRunnerInit): DisputeRunner {
  /** What went wrong last with each case: told when it changes, and not with every look. */
  const troubles = new Map<DisputeRecord['id'], string>()

  function fail(record: DisputeRecord, error: unknown): void {
    const code = isCodedError(error) ? error.code : String(error)
    if (troubles.get(record.id) === code || MOVED.has(code)) return
    troubles.set(record.id, code)
    onNews({ type: 'failed', record, what: record.next?.what ?? 'look', error })
  }

  async function save(record: DisputeRecord): Promise<DisputeRecord> {
    await store.commit([table.put(record.id, record)])
    return record
  }

  async function advance(given: DisputeRecord, look: DisputeLook): Promise<DisputeRecord> {
    const { moment, policy, signal } = look
    const record = hasPending(given) ? await settle(given, signal) : given
    const story = await court.readCase(record.id, { fromBlock: record.fromBlock }, { signal })
    if (story === undefined) return open(record, look)
    if (story.outcome !== 'none') return end(record, story, moment)
    // As far as we knew it had ended: a reorganisation.
    const running = record.end === undefined ? record : { ...record, end: undefined }
    const move = await decide(running, story, look)
    const noted = await note(running, nextOf(move, story.state.phase))
    return move.type === 'act' && policy.isAutomatic ? act(noted, story, move, look) : noted
  }

  /** An earlier process ended in the middle of a step: what became of it, the chain knows. */
  async function settle(record: DisputeRecord, signal: AbortSignal): Promise<DisputeRecord> {
    const events = await court.caseEvents(record.id, { fromBlock: record.fromBlock }, { signal })
    return save(await settlePending(record, events, hash => chain.feePaid(hash, party.account, { signal })))
  }

  async function decide(
    record: DisputeRecord,
    story: CaseStory,
    { moment, policy, signal }: DisputeLook
  ): Promise<CaseMove> {
    const { facts, state } = story
    const [examined, docket, { settled }] = await Promise.all([
      party.examine(record, story),
      court.docketOf(facts.channel, { signal }),
      chain.channelState(facts.channel, { signal })
    ])
    return nextMove({
      ...examined,
      side: record.side,
      facts,
      state,
      credited: facts.kind === 'claim' ? creditOf(docket, facts, settled) : 0n,
      nowSec: moment.nowSec,
      block: moment.block,
      policy,
      quantum: moment.quantum,
      quantumWorth: sameHex(moment.stakeToken, record.channel.token) ? moment.quantum : undefined,
      staked: BigInt(stakedQuanta(state, record.side)) * moment.quantum,
      purse: moment.balance + moment.wallet,
      spentWei: spentOf(record),
      feePerGasWei: moment.feePerGasWei
    })
  }

  /** Told when it changes, and kept for whoever asks. */
  async function note(record: DisputeRecord, next: DisputeNext): Promise<DisputeRecord> {
    if (isSameNext(record.next, next)) return record
    const noted = await save({ ...record, next })
    onNews({ type: 'decided', record: noted })
    return noted
  }

  /** Files a case that the chain does not have: for the first time, again after a crash, or after a reorganisation. */
  async function open(record: DisputeRecord, look: DisputeLook): Promise<DisputeRecord> {
    const { moment, policy, signal } = look
    const { opening, seed, kind } = record
    if (opening === undefined || seed === undefined || record.end?.outcome === 'dropped') return record
    if (moment.nowSec > opening.bySec) return drop(record, moment)
    const stake = BigInt(stakeQuanta(0)) * moment.quantum
    const missing = stake - moment.balance - moment.wallet
    const noted = await note(record, {
      type: missing > 0n ? 'wait' : 'act',
      what: missing > 0n ? 'stake' : kind,
      untilSec: opening.bySec,
      missing: missing > 0n ? missing : 0n,
      phase: 'opening'
    })
    if (missing > 0n || !policy.isAutomatic) return noted
    const options = deeperOptions(noted, CASE_GAS, look)
    const funded = await fund(noted, stake, moment, options)
    const filing = { ...opening.filing, anchor: secretChain(seed).anchor }
    const { statement } = opening
    return send(funded, { action: kind, stake, atSec: moment.nowSec }, () =>
      statement === undefined ? court.fault(filing, options) : court.claim(filing, statement, options)
    ).catch(async error => {
      // It cannot be opened, and never will be: paid meanwhile, or too late.
      if (signal.aborted || !isCodedError(error) || !HOPELESS.has(error.code)) throw error
      onNews({ type: 'failed', record: funded, what: kind, error })
      return drop(funded, moment)
    })
  }

  async function drop(record: DisputeRecord, { nowSec, block }: CourtMoment): Promise<DisputeRecord> {
    if (record.end !== undefined) return record
    const end = { outcome: 'dropped', awarded: 0n, credited: 0n, atSec: nowSec, atBlock: block } as const
    return close({ ...record, end, next: undefined })
  }

  async function end(
    record: DisputeRecord,
    { outcome, awarded, credited }: CaseStory,
    { nowSec, block }: CourtMoment
  ): Promise<DisputeRecord> {
    if (record.end?.outcome === outcome && record.end.awarded === awarded) return record
    return close({
      ...record,
      end: { outcome, awarded, credited, atSec: nowSec, atBlock: block },
      next: undefined
    })
  }

  async function close(record: DisputeRecord): Promise<DisputeRecord> {
    const ended = await save(record)
    failpoint('dispute.end.stored')
    onNews({ type: 'ended', record: ended })
    return ended
  }

  async function act(
    record: DisputeRecord,
    story: CaseStory,
    { action, stake, isDeeper }: Extract<CaseMove, { type: 'act' }>,
    look: DisputeLook
  ): Promise<DisputeRecord> {
    const { moment, signal } = look
    // What saves a stake that is in already may cost what it takes; what puts more in may not.
    const options = isDeeper ? deeperOptions(record, CONTEST_GAS, look) : { signal }
    const bound = action.type === 'challenge' ? await bind(record) : record
    const funded = await fund(bound, stake, moment, options)
    return send(funded, { action: action.type, stake, atSec: moment.nowSec }, () =>
      carryOut(court, party, funded, story, action, options)
    )
  }

  /** A secret of our own, on disk before anybody hears of it. */
  async function bind(record: DisputeRecord): Promise<DisputeRecord> {
    if (record.seed !== undefined) return record
    const bound = await save({ ...record, seed: randomHash() })
    failpoint('dispute.seed.stored')
    return bound
  }

  /** Moves into the court what the next stake lacks. A deposit that was made and not used is there for the next one. */
  async function fund(
    record: DisputeRecord,
    stake: Wei,
    { balance, nowSec }: CourtMoment,
    options: SendOptions
  ): Promise<DisputeRecord> {
    const missing = stake - balance
    if (missing <= 0n) return record
    return send(record, { action: 'deposit', stake: 0n, atSec: nowSec }, () => court.deposit(missing, options))
  }

  /** Stores that something is about to be sent, sends it, and stores what it cost. */
  async function send(
    record: DisputeRecord,
    intent: Omit<DisputeStep, 'transaction' | 'feeWei'>,
    work: () => Promise<TxReceipt | undefined>
  ): Promise<DisputeRecord> {
    failpoint('dispute.step.before')
    await save(withStep(record, { ...intent, transaction: undefined, feeWei: undefined }))
    failpoint('dispute.step.stored')
    // What fails stays noted: it may have been sent all the same, and the next look finds out.
    const receipt = await work()
    if (receipt === undefined) return save(record)
    failpoint('dispute.step.mined')
    const step: DisputeStep = { ...intent, transaction: receipt.hash, feeWei: receipt.feeWei }
    const saved = await save(withStep(record, step))
    failpoint('dispute.step.recorded')
    onNews({ type: 'done', record: saved, step })
    return saved
  }

  function deeperOptions(record: DisputeRecord, gas: bigint, { policy, signal }: DisputeLook): SendOptions {
    const { amount } = record
    const maxFeePerGas = feePerGasMaxOf(policy, { amount, gas, spentWei: spentOf(record) })
    return { signal, fees: { maxFeePerGas, whenAbove: 'fail' } }
  }

  return {
    async add(record) {
      failpoint('dispute.record.before')
      const saved = await save(record)
      failpoint('dispute.record.stored')
      onNews({ type: 'found', record: saved })
      return saved
    },
    async advance(record, look) {
      try {
        const after = await advance(record, look)
        troubles.delete(record.id)
        return after
      } catch (error) {
        look.signal.throwIfAborted()
        fail(record, error)
        return (await table.get(record.id)) ?? record
      }
    }
  }
}

/** Somebody else was faster: no failure, and the next look sees what came of it. */
const MOVED: ReadonlySet<string> = new Set(['E_CASE_MOVED', 'E_CASE_UNREAD', 'E_CASE_EXISTS'])
/** What no later attempt can change. */
const HOPELESS: ReadonlySet<string> = new Set([
  'E_FAULT_TOO_LATE',
  'E_FILING_MISMATCH',
  'E_NOT_ARBITER',
  'E_NOT_PARTY',
  'E_NOTHING_DUE',
  'E_PRICE_EXCEEDED'
])

/** True for one that need not be looked at any more. */
export function isSettled({ end }: DisputeRecord, { nowSec, block }: CourtMoment): boolean {
  if (end === undefined) return false
  return block - end.atBlock >= END_DEPTH_BLOCKS || nowSec - end.atSec >= END_AGE_SEC
}

function isSameNext(a: DisputeNext | undefined, b: DisputeNext): boolean {
  if (a === undefined) return false
  const { type, what, untilSec, missing, phase } = b
  return a.type === type && a.what === what && a.untilSec === untilSec && a.missing === missing && a.phase === phase
}
