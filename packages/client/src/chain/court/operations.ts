import {
  type Address,
  type CaseFiling,
  type CaseStory,
  type ChannelKey,
  type ChunkAnswer,
  type ClaimStatement,
  CodedError,
  factsHash,
  type Hash,
  type InclusionProof,
  type SignedReceipt,
  toHex,
  type Wei,
  ZERO_HASH
} from '@archipel/protocol'
import { channelArg, receiptArg } from '../contract/structs.ts'
import { RULING_GAS, RULING_GAS_PER_SEAT } from '../limits.ts'
import { factsArg, filingArg, hearingArg, proofArg, stageArg, statementArg, votesArg } from './arguments.ts'

/** That a receipt of the agreement was paid, by a voucher that the claimant has acknowledged. */
export interface PaidReceipt {
  readonly receipt: SignedReceipt
  /** What the channel had promised once it was paid. */
  readonly cumulative: Wei
  /** Of the leaf of both, in the log that the acknowledged voucher commits to. */
  readonly proof: InclusionProof
}

/** What is done in court, by name and with what it needs. A case is given as it was read last. */
export type CourtOperation =
  | { readonly name: 'deposit'; readonly amount: Wei; readonly account: Address }
  | { readonly name: 'withdraw'; readonly amount: Wei; readonly to: Address }
  | { readonly name: 'sit'; readonly count: number }
  | { readonly name: 'sitIn' | 'stand' | 'vacate' | 'collect'; readonly seat: number }
  | { readonly name: 'claim'; readonly filing: CaseFiling; readonly statement: ClaimStatement }
  | { readonly name: 'fault'; readonly filing: CaseFiling }
  | { readonly name: 'rebutPaid'; readonly story: CaseStory; readonly key: ChannelKey; readonly paid: PaidReceipt }
  | { readonly name: 'closePaid' | 'finalise'; readonly story: CaseStory; readonly key: ChannelKey }
  | { readonly name: 'demandData'; readonly story: CaseStory; readonly key: ChannelKey; readonly chunk: number }
  | { readonly name: 'answerData'; readonly story: CaseStory; readonly answer: ChunkAnswer }
  | { readonly name: 'challenge'; readonly story: CaseStory; readonly key: ChannelKey; readonly anchor: Hash }
  | { readonly name: 'pin' | 'tally' | 'appeal'; readonly story: CaseStory }
  | { readonly name: 'revealSecrets'; readonly story: CaseStory; readonly secrets: RoundSecrets }
  | {
      readonly name: 'commitVote'
      readonly story: CaseStory
      readonly position: number
      readonly commitment: Hash
    }
  | {
      readonly name: 'revealVote'
      readonly story: CaseStory
      readonly position: number
      readonly truth: Hash
      readonly salt: Hash
    }

/** Secrets of the running round; at least one of them. */
export interface RoundSecrets {
  readonly plaintiff?: Hash | undefined
  readonly defendant?: Hash | undefined
}

/** What takes effect again when it is done again. All that moves a case moves it once: it changes how the case stands. */
const REPEATABLE: ReadonlySet<CourtOperation['name']> = new Set(['deposit', 'withdraw', 'sit'])

export function isIdempotent({ name }: CourtOperation): boolean {
  return !REPEATABLE.has(name)
}

/** The last to show its vote ends the round, which judges every seat of the jury: votes of one block are simulated apart. */
export function spareGasOf(operation: CourtOperation): bigint {
  if (operation.name !== 'revealVote') return 0n
  return RULING_GAS + RULING_GAS_PER_SEAT * BigInt(operation.story.state.seats.length)
}

/**
 * What the court's function of that name takes.
 *
 * @throws CodedError E_BAD_VOTE for a vote whose commitment is not among those that were read
 */
export function argumentsOf(operation: CourtOperation): readonly unknown[] {
  switch (operation.name) {
    case 'deposit':
      return [operation.account, operation.amount]
    case 'withdraw':
      return [operation.to, operation.amount]
    case 'sit':
      return [operation.count]
    case 'sitIn':
    case 'stand':
    case 'vacate':
    case 'collect':
      return [operation.seat]
    case 'claim':
      return [filingArg(operation.filing), statementArg(operation.statement)]
    case 'fault':
      return [filingArg(operation.filing)]
    case 'rebutPaid': {
      const { receipt, cumulative, proof } = operation.paid
      const paid = [receiptArg(receipt.body), toHex(receipt.signature), cumulative, proofArg(proof)]
      return [channelArg(operation.key), ...caseArgs(operation.story), ...paid]
    }
    case 'closePaid':
    case 'finalise':
      return [channelArg(operation.key), ...caseArgs(operation.story)]
    case 'demandData':
      return [channelArg(operation.key), ...caseArgs(operation.story), operation.chunk]
    case 'answerData':
      return [...caseArgs(operation.story), toHex(operation.answer.chunk), operation.answer.proof.path]
    case 'challenge':
      return [channelArg(operation.key), ...caseArgs(operation.story), operation.anchor]
    case 'pin':
      return hashedArgs(operation.story)
    case 'revealSecrets': {
      const { plaintiff = ZERO_HASH, defendant = ZERO_HASH } = operation.secrets
      return [...hashedArgs(operation.story), plaintiff, defendant]
    }
    case 'tally':
      return [hearingArg(operation.story)]
    case 'appeal':
      return caseArgs(operation.story)
    case 'commitVote':
      return [hearingArg(operation.story), operation.position, operation.commitment]
    case 'revealVote': {
      const { story, truth, salt } = operation
      return [hearingArg(story), votesArg(story.votes), committedAt(operation), truth, salt]
    }
  }
}

function caseArgs({ facts, state }: CaseStory): unknown[] {
  return [factsArg(facts), stageArg(state)]
}

/** For functions that need not look into the case. */
function hashedArgs({ id, facts, state }: CaseStory): unknown[] {
  return [id, factsHash(facts), facts.truth, stageArg(state)]
}

/** Which of the commitments, in their order, is that of a position. */
function committedAt({ story, position }: CourtOperation & { name: 'revealVote' }): number {
  const index = story.votes.findIndex(vote => vote.position === position)
  if (index >= 0) return index
  throw new CodedError('E_BAD_VOTE', `revealVote: nothing was committed for position ${position}`, {
    facts: { operation: 'revealVote', id: story.id, position },
    hint: 'read the case again'
  })
}
