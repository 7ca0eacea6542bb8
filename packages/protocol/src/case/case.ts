import { keccak, uintToBytes } from '../primitives/bytes.ts'
import { type Address, type AgreementId, type ChannelId, fromHex, type Hash, toHex } from '../primitives/hex.ts'

/** What a plaintiff wants of the court: to be paid by a silent buyer, or to be compensated for a wrong result. */
export type CaseKind = 'claim' | 'fault'

const KINDS: Readonly<Record<CaseKind, bigint>> = { claim: 0n, fault: 1n }

/** Names a case. There is one, ever, for each agreement and kind. As `Cases.idOf` of the contracts computes it. */
export function caseId(channel: ChannelId, agreement: AgreementId, kind: CaseKind): Hash {
  return hashWords(fromHex(channel, 32), fromHex(agreement, 32), uintWord(KINDS[kind]))
}

/**
 * What jurors compare their own execution with, and vote: the result, and the data that it was delivered as.
 *
 * @param result struct hash of the result; zero if the program had not ended by the time of the receipt
 * @param dataRoot see `dataRoot`; zero where the case has no data
 * @param dataChunks 0 … 2^48 − 1
 */
export function caseTruth(result: Hash, dataRoot: Hash, dataChunks: number): Hash {
  return hashWords(fromHex(result, 32), fromHex(dataRoot, 32), uintWord(BigInt(dataChunks)))
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
    fromHex(id, 32),
    uintWord(BigInt(round)),
    new Uint8Array(12),
    fromHex(juror, 20),
    uintWord(BigInt(seat)),
    keccak(fromHex(truth, 32), fromHex(salt, 32))
  )
}

function uintWord(value: bigint): Uint8Array {
  return uintToBytes(value, 32)
}

function hashWords(...words: Uint8Array[]): Hash {
  return toHex(keccak(...words))
}
