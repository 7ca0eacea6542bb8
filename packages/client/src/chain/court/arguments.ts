import {
  CASE_KINDS,
  type CaseFacts,
  type CaseFiling,
  type CaseSides,
  type CaseState,
  type CaseStory,
  type CaseTurn,
  type CaseVote,
  type ClaimStatement,
  docketHash,
  type InclusionProof,
  sidesOf,
  toHex,
  turnOf,
  ZERO_HASH
} from '@archipel/protocol'
import { bidArg, channelArg, receiptArg } from '../contract/structs.ts'

/** Values in the order of the court's structs, as ethers wants them. */
export function filingArg({ channel, bid, receipt, agreementSignature, anchor }: CaseFiling): unknown[] {
  const signatures = [toHex(agreementSignature), toHex(receipt.signature)]
  return [channelArg(channel), bidArg(bid), receiptArg(receipt.body), ...signatures, anchor]
}

export function statementArg({ alreadyPaid, voucher, dataRoot, dataChunks }: ClaimStatement): unknown[] {
  const { cumulative, commitment, signature } = voucher ?? {
    cumulative: 0n,
    commitment: ZERO_HASH,
    signature: new Uint8Array(0)
  }
  return [alreadyPaid, cumulative, commitment, toHex(signature), dataRoot, dataChunks]
}

export function factsArg(facts: CaseFacts): unknown[] {
  const { kind, plaintiff, provider, channel, agreement, truth } = facts
  const { amount, alreadyPaid, cumulative, commitment, dataRoot, dataChunks } = facts
  const parties = [CASE_KINDS.indexOf(kind), plaintiff, provider, channel, agreement, truth]
  return [...parties, amount, alreadyPaid, cumulative, commitment, dataRoot, dataChunks]
}

export function stageArg(state: CaseState): unknown[] {
  return [sidesArg(sidesOf(state)), turnArg(turnOf(state))]
}

function sidesArg(sides: CaseSides): unknown[] {
  const { plaintiff, defendant, plaintiffLink, defendantLink, drawHash, seatCount } = sides
  return [plaintiff, defendant, plaintiffLink, defendantLink, drawHash, seatCount]
}

function turnArg({ clock, seats }: CaseTurn): unknown[] {
  return [clock, ...seats]
}

/** A case as jurors bring it. */
export function hearingArg({ id, facts, state }: CaseStory): unknown[] {
  return [id, docketHash(facts, state), facts.truth, turnArg(turnOf(state))]
}

export function votesArg(votes: readonly CaseVote[]): unknown[] {
  return votes.map(({ position, commitment }) => [position, commitment])
}

export function proofArg({ index, size, path }: InclusionProof): unknown[] {
  return [index, size, path]
}
