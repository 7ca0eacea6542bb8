import {
  type Address,
  ballotsOf,
  CASE_OUTCOMES,
  type CaseOutcome,
  type CaseStory,
  type ChannelId,
  CodedError,
  type Hash,
  type Hex,
  headOf,
  replayCase,
  sameHex,
  type UnixSec,
  type Wei,
  ZERO_ADDRESS,
  ZERO_HASH
} from '@archipel/protocol'
import { topicOfAddress } from '../contract/event-codec.ts'
import { courtInterface, read, tokenInterface } from '../contract/interfaces.ts'
import { readContractLogs } from '../escrow/history.ts'
import type { BlockRange } from '../escrow/reads.ts'
import { CASE_READS_MAX } from '../limits.ts'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'
import { CASE_EVENTS, type CourtEvent, courtEvents, isCaseEvent, type PlacedCaseEvent } from './events.ts'

/** What the court itself remembers of a case. */
export interface CaseRecord {
  /** Of a running case: its `headOf`. Undefined for one that is over or never was. */
  readonly head: Hash | undefined
  readonly outcome: CaseOutcome
  /** What it came to, once it is over. */
  readonly awarded: Wei
}

export interface SeatState {
  readonly owner: Address
  /** When it was taken. */
  readonly since: UnixSec
  /** From when on it is drawn no more; 0 while it is. */
  readonly leavingAt: UnixSec
  readonly stake: Wei
}

type OpenedEvent = Extract<PlacedCaseEvent, { name: 'CaseOpened' }>
type ChallengedEvent = Extract<PlacedCaseEvent, { name: 'CaseChallenged' }>
type JuryEvent = Extract<PlacedCaseEvent, { name: 'JuryDrawn' }>

/** Questions about cases, seats and stakes that need no key. They throw what {@link Rpc.agree} throws. */
export interface CourtReads {
  caseOf(id: Hash, options?: CallOptions): Promise<CaseRecord>
  /** The votes of the running round, in one word: `ballotsOf`. */
  votesOf(id: Hash, options?: CallOptions): Promise<bigint>
  /** Open claims on a channel, and which units of its `settled` were credited to claims, from one to the other. */
  docketOf(
    channel: ChannelId,
    options?: CallOptions
  ): Promise<{ readonly cases: number; readonly from: Wei; readonly to: Wei }>
  /** What an account can stake or withdraw. */
  balanceOf(account: Address, options?: CallOptions): Promise<Wei>
  /** Undefined for one that was left, or never was taken. */
  seatOf(seat: number, options?: CallOptions): Promise<SeatState | undefined>
  /** Those that were left among them. */
  seatCount(options?: CallOptions): Promise<number>
  /** What a seat costs: twenty quanta. */
  seatUnit(options?: CallOptions): Promise<Wei>
  stakeToken(options?: CallOptions): Promise<Address>
  escrow(options?: CallOptions): Promise<Address>
  bonds(options?: CallOptions): Promise<Address>
  /** What was burnt of penalties and missed secrets: held for ever, owed to nobody. */
  burnt(options?: CallOptions): Promise<Wei>
  /** All balances, seats, pots and the burnt together. */
  liabilities(options?: CallOptions): Promise<Wei>
  /** Stake tokens of an account outside of the court. */
  stakeBalance(account: Address, options?: CallOptions): Promise<Wei>
  /** What the court may take of them. */
  stakeAllowance(account: Address, options?: CallOptions): Promise<Wei>
  /**
   * A case as it stands, from its events; undefined if it was not opened in these blocks.
   *
   * @throws CodedError E_CASE_UNREAD when its events never matched what the court remembers
   */
  readCase(id: Hash, range: BlockRange, options?: CallOptions): Promise<CaseStory | undefined>
  caseEvents(id: Hash, range: BlockRange, options?: CallOptions): Promise<PlacedCaseEvent[]>
  /** Every case that was ever opened about a channel. */
  casesOn(channel: ChannelId, range: BlockRange, options?: CallOptions): Promise<OpenedEvent[]>
  /** Every case that was opened. */
  casesOpened(range: BlockRange, options?: CallOptions): Promise<OpenedEvent[]>
  casesOpenedBy(plaintiff: Address, range: BlockRange, options?: CallOptions): Promise<OpenedEvent[]>
  casesContestedBy(defendant: Address, range: BlockRange, options?: CallOptions): Promise<ChallengedEvent[]>
  /** All juries, for whoever has seats: a log does not say which ones by topic. */
  juriesDrawn(range: BlockRange, options?: CallOptions): Promise<JuryEvent[]>
  /** The seats that an owner ever took. It may have left some. */
  seatsTakenBy(owner: Address, range: BlockRange, options?: CallOptions): Promise<number[]>
  /** All events, for whoever wants to count every coin. */
  courtEvents(range: BlockRange, options?: CallOptions): Promise<CourtEvent[]>
}

/** @param court the Court contract */
export function createCourtReads(rpc: Rpc, court: Address): CourtReads {
  const ask = (method: string, args: readonly unknown[], options?: CallOptions) =>
    read(rpc, { to: court, via: courtInterface, method, args }, options)
  const askWei = async (method: string, args: readonly unknown[], options?: CallOptions) =>
    BigInt((await ask(method, args, options))[0])
  const askAddress = async (method: string, options?: CallOptions) =>
    String((await ask(method, [], options))[0]).toLowerCase() as Address
  const askToken = async (method: string, args: readonly unknown[], options?: CallOptions) => {
    const to = await askAddress('stakeToken', options)
    return BigInt((await read(rpc, { to, via: tokenInterface, method, args }, options))[0])
  }

  type Topics = readonly (Hex | readonly Hex[] | null)[]

  async function history(topics: Topics, range: BlockRange, options?: CallOptions): Promise<CourtEvent[]> {
    const logs = await readContractLogs(rpc, { contract: court, topics, ...range }, options)
    return logs.map(log => courtEvents.decodeOf(court, log))
  }

  /** Events of one kind. An endpoint may answer with others of the court's: only what was asked for counts. */
  async function named<Name extends CourtEvent['name']>(
    name: Name,
    topics: Topics,
    range: BlockRange,
    options?: CallOptions
  ) {
    const events = await history([courtEvents.topicOf(name), ...topics], range, options)
    return events.filter((event): event is Extract<CourtEvent, { name: Name }> => event.name === name)
  }

  async function caseEvents(id: Hash, range: BlockRange, options?: CallOptions): Promise<PlacedCaseEvent[]> {
    const events = await history([CASE_EVENTS.map(courtEvents.topicOf), id], range, options)
    return events.filter(isCaseEvent).filter(event => sameHex(event.id, id))
  }

  async function caseOf(id: Hash, options?: CallOptions): Promise<CaseRecord> {
    const [head, outcome, awarded] = await ask('caseOf', [id], options)
    return {
      head: head === ZERO_HASH ? undefined : head,
      outcome: CASE_OUTCOMES[Number(outcome)] ?? 'none',
      awarded: BigInt(awarded)
    }
  }

  const votesOf = (id: Hash, options?: CallOptions) => askWei('votesOf', [id], options)

  return {
    caseOf,
    votesOf,
    async docketOf(channel, options) {
      const [cases, from, to] = await ask('docketOf', [channel], options)
      return { cases: Number(cases), from: BigInt(from), to: BigInt(to) }
    },
    balanceOf: (account, options) => askWei('balanceOf', [account], options),
    async seatOf(seat, options) {
      if (seat >= Number(await askWei('seatCount', [], options))) return undefined
      const [owner, since, leavingAt, stake] = await ask('seatOf', [seat], options)
      if (sameHex(owner, ZERO_ADDRESS)) return undefined
      const [taken, leaving] = [Number(since), Number(leavingAt)]
      return { owner: owner.toLowerCase() as Address, since: taken, leavingAt: leaving, stake: BigInt(stake) }
    },
    seatCount: async options => Number(await askWei('seatCount', [], options)),
    seatUnit: options => askWei('seatUnit', [], options),
    stakeToken: options => askAddress('stakeToken', options),
    escrow: options => askAddress('escrow', options),
    bonds: options => askAddress('bonds', options),
    burnt: options => askWei('burnt', [], options),
    liabilities: options => askWei('liabilities', [], options),
    stakeBalance: (account, options) => askToken('balanceOf', [account], options),
    stakeAllowance: (account, options) => askToken('allowance', [account, court], options),
    async readCase(id, range, options) {
      for (let attempt = 0; attempt < CASE_READS_MAX; attempt++) {
        // In this order: a case that moves meanwhile shows, and is read again.
        const story = replayCase(await caseEvents(id, range, options))
        const [record, votes] = await Promise.all([caseOf(id, options), votesOf(id, options)])
        if (story === undefined && record.head === undefined && record.outcome === 'none') return undefined
        if (story !== undefined && isSame(story, record, votes)) return story
      }
      throw unread(id, range)
    },
    caseEvents,
    casesOn: (channel, range, options) => named('CaseOpened', [null, channel], range, options),
    casesOpened: (range, options) => named('CaseOpened', [], range, options),
    casesOpenedBy: (plaintiff, range, options) =>
      named('CaseOpened', [null, null, topicOfAddress(plaintiff)], range, options),
    casesContestedBy: (defendant, range, options) =>
      named('CaseChallenged', [null, topicOfAddress(defendant)], range, options),
    juriesDrawn: (range, options) => named('JuryDrawn', [], range, options),
    async seatsTakenBy(owner, range, options) {
      const taken = await named('SeatsTaken', [topicOfAddress(owner)], range, options)
      const seats = taken.flatMap(({ first, count }) => Array.from({ length: count }, (_, index) => first + index))
      return [...new Set(seats)].sort((a, b) => a - b)
    },
    courtEvents: (range, options) => history([], range, options)
  }
}

/** Whether a story is what the court remembers: the stage, the votes, and the end. */
function isSame(story: CaseStory, record: CaseRecord, votes: bigint): boolean {
  const { facts, state, outcome } = story
  if (outcome !== 'none') return outcome === record.outcome && story.awarded === record.awarded
  if (record.head === undefined || !sameHex(record.head, headOf(facts, state))) return false
  return votes === ballotsOf(story.votes, state.round, facts.truth)
}

function unread(id: Hash, { fromBlock }: BlockRange): CodedError {
  return new CodedError('E_CASE_UNREAD', `the events of case ${id} are not what the court remembers of it`, {
    facts: { id, fromBlock },
    hint: 'the endpoint may be behind, or the case may have been opened before those blocks'
  })
}
