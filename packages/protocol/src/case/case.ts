import { keccak } from '../primitives/bytes.ts'
import { type Address, type AgreementId, type ChannelId, fromHex, type Hash, type Wei } from '../primitives/hex.ts'
import { addressWord, hashWord, hashWords, uintWord } from './words.ts'

/** What a plaintiff wants of the court: to be paid by a silent buyer, or to be compensated for a wrong result. */
export type CaseKind = 'claim' | 'fault'

/** In the order of the contract's enum. */
export const CASE_KINDS = ['claim', 'fault'] as const satisfies readonly CaseKind[]

/**
 * What a case is about: fixed when it is opened, never stored by the court, told by its event `CaseOpened`. Whoever moves
 * the case gives it again, and its hash is part of what the court remembers. As `Case` of the contracts.
 */
export interface CaseFacts {
  readonly kind: CaseKind
  /** Who opened it: payee or provider for a claim, payer or voucher signer for a fault. */
  readonly plaintiff: Address
  /** Who signed the receipt. */
  readonly provider: Address
  readonly channel: ChannelId
  readonly agreement: AgreementId
  /** What a juror votes who finds that the receipt tells the truth: {@link caseTruth}. */
  readonly truth: Hash
  /** What is still due for a claim, the most that is compensated for a fault; in the channel's token. */
  readonly amount: Wei
  /** Claim: what the claimant states it was paid for this agreement. */
  readonly alreadyPaid: Wei
  /** Claim: amount of the newest voucher that the claimant acknowledges; zero for none. */
  readonly cumulative: Wei
  /** Claim: that voucher's commitment. */
  readonly commitment: Hash
  /** Claim: what the delivered output hashes to, see `commitToData`; zero for none. */
  readonly dataRoot: Hash
  readonly dataChunks: number
}

/** Names a case. There is one, ever, for each agreement and kind. As `Cases.idOf` of the contracts computes it. */
export function caseId(channel: ChannelId, agreement: AgreementId, kind: CaseKind): Hash {
  return hashWords(hashWord(channel), hashWord(agreement), kindWord(kind))
}

export function idOfCase({ channel, agreement, kind }: CaseFacts): Hash {
  return caseId(channel, agreement, kind)
}

/** `keccak256(abi.encode(facts))`: how most functions of the court take them. */
export function factsHash(facts: CaseFacts): Hash {
  return hashWords(
    kindWord(facts.kind),
    addressWord(facts.plaintiff),
    addressWord(facts.provider),
    hashWord(facts.channel),
    hashWord(facts.agreement),
    hashWord(facts.truth),
    uintWord(facts.amount),
    uintWord(facts.alreadyPaid),
    uintWord(facts.cumulative),
    hashWord(facts.commitment),
    hashWord(facts.dataRoot),
    uintWord(facts.dataChunks)
  )
}

/**
 * What jurors compare their own execution with, and vote: the result, and the data that it was delivered as.
 *
 * @param result struct hash of the result; zero if the program had not ended by the time of the receipt
 * @param dataRoot see `dataRoot`; zero where the case has no data
 * @param dataChunks 0 … 2^48 − 1
 */
export function caseTruth(result: Hash, dataRoot: Hash, dataChunks: number): Hash {
  return hashWords(hashWord(result), hashWord(dataRoot), uintWord(dataChunks))
}

/** A juror's vote in one round of a case, for one of its seats. */
export interface Vote {
  readonly id: Hash
  /** 0 … 3. */
  readonly round: number
  readonly juror: Address
  readonly seat: number
  /** The truth as the juror found it. */
  readonly truth: Hash
  /** 32 random bytes, kept secret until the vote is revealed. */
  readonly salt: Hash
}

/** What a juror commits itself with. Worthless to anybody else: it names the case, the round, the juror and the seat. */
export function voteCommitment({ id, round, juror, seat, truth, salt }: Vote): Hash {
  return hashWords(
    hashWord(id),
    uintWord(round),
    addressWord(juror),
    uintWord(seat),
    keccak(fromHex(truth, 32), fromHex(salt, 32))
  )
}

function kindWord(kind: CaseKind): Uint8Array {
  return uintWord(CASE_KINDS.indexOf(kind))
}
