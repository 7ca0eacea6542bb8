import {
  type Address,
  advanceCase,
  type CaseFiling,
  type CaseOutcome,
  type CaseStory,
  type ChannelKey,
  type ChunkAnswer,
  type ClaimStatement,
  CodedError,
  type Hash,
  type Hex,
  sameHex,
  type UnixSec,
  type Wei
} from '@archipel/protocol'
import { courtInterface, tokenInterface } from '../contract/interfaces.ts'
import type { CostEstimate } from '../transactions/fees.ts'
import type { TxReceipt } from '../transactions/receipt.ts'
import type { Sender, SendOptions } from '../transactions/sender.ts'
import type { Call } from '../transactions/simulate.ts'
import { type CourtEvent, courtEvents, isCaseEvent } from './events.ts'
import {
  argumentsOf,
  type CourtOperation,
  isIdempotent,
  type PaidReceipt,
  type RoundSecrets,
  spareGasOf
} from './operations.ts'
import type { CourtReads } from './reads.ts'

/** A transaction, and the case as it moved it. What others did since it was read is not in it. */
export type CaseMoved = TxReceipt & { readonly story: CaseStory }

/**
 * Transactions of one account towards the court, simulated first and awaited as those of the escrow are. Each that moves a
 * case takes it as it was read last and fails with E_CASE_MOVED when it stands otherwise by now. Who does not know how one
 * ended may send it again, but for deposits, withdrawals and `sit`: look at the balance or the seats before.
 */
export interface CourtWrites {
  /** Adds stake tokens to the sender's balance there, or another's, approving exactly `amount` first if that is needed. */
  deposit(amount: Wei, options?: SendOptions & { account?: Address }): Promise<TxReceipt & { readonly credited: Wei }>
  withdraw(amount: Wei, options?: SendOptions & { to?: Address }): Promise<TxReceipt>
  /** Takes new seats, each for a unit of the sender's balance. @returns the number of the first; the others follow */
  sit(count: number, options?: SendOptions): Promise<TxReceipt & { readonly first: number }>
  /** Takes a seat that somebody left. */
  sitIn(seat: number, options?: SendOptions): Promise<TxReceipt>
  /** Asks to leave: the seat is drawn no more, and answers for old cases up to `leaveAt`. */
  stand(seat: number, options?: SendOptions): Promise<TxReceipt & { readonly leaveAt: UnixSec }>
  vacate(seat: number, options?: SendOptions): Promise<TxReceipt & { readonly amount: Wei }>
  /** Moves what a seat has earned beyond its stake to its owner's balance. */
  collect(seat: number, options?: SendOptions): Promise<TxReceipt & { readonly amount: Wei }>
  claim(filing: CaseFiling, statement: ClaimStatement, options?: SendOptions): Promise<CaseMoved>
  fault(filing: CaseFiling, options?: SendOptions): Promise<CaseMoved>
  rebutPaid(story: CaseStory, key: ChannelKey, paid: PaidReceipt, options?: SendOptions): Promise<CaseMoved>
  closePaid(story: CaseStory, key: ChannelKey, options?: SendOptions): Promise<CaseMoved>
  demandData(story: CaseStory, key: ChannelKey, chunk: number, options?: SendOptions): Promise<CaseMoved>
  answerData(story: CaseStory, answer: ChunkAnswer, options?: SendOptions): Promise<CaseMoved>
  /** @param anchor `secretChain(…).anchor` of the defendant's own chain */
  challenge(story: CaseStory, key: ChannelKey, anchor: Hash, options?: SendOptions): Promise<CaseMoved>
  /** Fixes the hash of the block that the jury is drawn with; names another block where it is too old to be had. */
  pin(story: CaseStory, options?: SendOptions): Promise<CaseMoved>
  revealSecrets(story: CaseStory, secrets: RoundSecrets, options?: SendOptions): Promise<CaseMoved>
  /** @param commitment `voteCommitment(…)` */
  commitVote(story: CaseStory, position: number, commitment: Hash, options?: SendOptions): Promise<CaseMoved>
  /** The case must have been read since all others committed themselves. */
  revealVote(
    story: CaseStory,
    vote: { readonly position: number; readonly truth: Hash; readonly salt: Hash },
    options?: SendOptions
  ): Promise<CaseMoved>
  tally(story: CaseStory, options?: SendOptions): Promise<CaseMoved>
  appeal(story: CaseStory, options?: SendOptions): Promise<CaseMoved>
  finalise(
    story: CaseStory,
    key: ChannelKey,
    options?: SendOptions
  ): Promise<CaseMoved & { readonly outcome: CaseOutcome; readonly awarded: Wei }>
  /**
   * What an operation would cost now. That of a deposit is without its approval, which must be there.
   *
   * @throws what the operation itself throws before anything is sent
   */
  estimateCost(operation: CourtOperation, options?: SendOptions): Promise<CostEstimate>
}

/** @param court the Court contract */
export function createCourtWrites(sender: Sender, reads: CourtReads, court: Address): CourtWrites {
  const send = (operation: CourtOperation, options?: SendOptions) => sender.send(callOf(operation), options)

  function callOf(operation: CourtOperation): Call {
    const { name } = operation
    const data = courtInterface.encodeFunctionData(name, argumentsOf(operation)) as Hex
    const ends = { spareGas: spareGasOf(operation), isIdempotent: isIdempotent(operation) }
    return { operation: name, to: court, data, via: courtInterface, ...ends }
  }

  /** @param story the case before; undefined for one that begins */
  async function move(operation: CourtOperation, story: CaseStory | undefined, options?: SendOptions) {
    const receipt = await send(operation, options)
    const moved = storyAfter(story, receipt, court)
    if (moved === undefined) throw withoutEvent(receipt, 'CaseOpened')
    return { ...receipt, story: moved }
  }

  /** Before the approval, which would succeed, and cost gas, for tokens that are not there. */
  async function requireTokens(amount: Wei, options?: SendOptions): Promise<void> {
    const balance = await reads.stakeBalance(sender.address, options)
    if (balance >= amount) return
    throw new CodedError('E_NO_FUNDS', 'deposit: the balance of stake tokens is too low', {
      facts: { operation: 'deposit', account: sender.address, balance, needed: amount },
      hint: `send stake tokens to ${sender.address}, or name a smaller amount`
    })
  }

  /** Exactly what is needed: a standing approval would be one more thing to trust the token and us with. */
  async function approve(amount: Wei, options?: SendOptions): Promise<void> {
    if ((await reads.stakeAllowance(sender.address, options)) >= amount) return
    const data = tokenInterface.encodeFunctionData('approve', [court, amount]) as Hex
    await sender.send({ operation: 'approve', to: await reads.stakeToken(options), data }, options)
  }

  return {
    async deposit(amount, { account = sender.address, ...options } = {}) {
      await requireTokens(amount, options)
      await approve(amount, options)
      const receipt = await send({ name: 'deposit', amount, account }, options)
      return { ...receipt, credited: one(receipt, court, 'Deposited').amount }
    },
    withdraw: async (amount, { to = sender.address, ...options } = {}) =>
      send({ name: 'withdraw', amount, to }, options),
    async sit(count, options) {
      const receipt = await send({ name: 'sit', count }, options)
      return { ...receipt, first: one(receipt, court, 'SeatsTaken').first }
    },
    sitIn: (seat, options) => send({ name: 'sitIn', seat }, options),
    async stand(seat, options) {
      const receipt = await send({ name: 'stand', seat }, options)
      return { ...receipt, leaveAt: one(receipt, court, 'SeatStanding').leaveAt }
    },
    async vacate(seat, options) {
      const receipt = await send({ name: 'vacate', seat }, options)
      return { ...receipt, amount: one(receipt, court, 'SeatLeft').amount }
    },
    async collect(seat, options) {
      const receipt = await send({ name: 'collect', seat }, options)
      return { ...receipt, amount: one(receipt, court, 'SeatCollected').amount }
    },
    claim: (filing, statement, options) => move({ name: 'claim', filing, statement }, undefined, options),
    fault: (filing, options) => move({ name: 'fault', filing }, undefined, options),
    rebutPaid: (story, key, paid, options) => move({ name: 'rebutPaid', story, key, paid }, story, options),
    closePaid: (story, key, options) => move({ name: 'closePaid', story, key }, story, options),
    demandData: (story, key, chunk, options) => move({ name: 'demandData', story, key, chunk }, story, options),
    answerData: (story, answer, options) => move({ name: 'answerData', story, answer }, story, options),
    challenge: (story, key, anchor, options) => move({ name: 'challenge', story, key, anchor }, story, options),
    pin: (story, options) => move({ name: 'pin', story }, story, options),
    revealSecrets: (story, secrets, options) => move({ name: 'revealSecrets', story, secrets }, story, options),
    commitVote: (story, position, commitment, options) =>
      move({ name: 'commitVote', story, position, commitment }, story, options),
    revealVote: async (story, vote, options) => move({ name: 'revealVote', story, ...vote }, story, options),
    tally: (story, options) => move({ name: 'tally', story }, story, options),
    appeal: (story, options) => move({ name: 'appeal', story }, story, options),
    async finalise(story, key, options) {
      const moved = await move({ name: 'finalise', story, key }, story, options)
      return { ...moved, outcome: moved.story.outcome, awarded: moved.story.awarded }
    },
    estimateCost: async (operation, options) => sender.estimateCost(callOf(operation), options)
  }
}

/** The case with what a transaction logged of it. */
function storyAfter(story: CaseStory | undefined, { logs }: TxReceipt, court: Address): CaseStory | undefined {
  const events = logs.filter(log => sameHex(log.address, court)).map(log => courtEvents.decodeOf(court, log))
  return events.filter(isCaseEvent).reduce<CaseStory | undefined>(advanceCase, story)
}

/** The event that a successful transaction of this kind always logs. */
function one<Name extends CourtEvent['name']>(receipt: TxReceipt, court: Address, name: Name) {
  const event = courtEvents.among(receipt.logs, court, name)[0]
  if (event === undefined) throw withoutEvent(receipt, name)
  return event
}

function withoutEvent({ hash }: TxReceipt, name: CourtEvent['name']): CodedError {
  return new CodedError('E_RPC_BAD_REPLY', `transaction ${hash} has no ${name} event`, { facts: { hash } })
}
