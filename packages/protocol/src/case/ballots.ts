import { bytesToUint } from '../primitives/bytes.ts'
import { fromHex, type Hash, sameHex } from '../primitives/hex.ts'
import { jurySize } from './rules.ts'
import { hashWord, hashWords, uintWord } from './words.ts'

/** A vote that was committed in the running round, and what was shown of it since. */
export interface CaseVote {
  /** Its place on the jury. */
  readonly position: number
  readonly commitment: Hash
  /** The truth as this juror found it; undefined until it is shown. */
  readonly vote?: Hash | undefined
}

const BITS = 96n
const COMMITTED = 1n
const TRUTH = 2n
const OTHERS = 3n

/**
 * What the court remembers of a round's votes, in one word: as `Ballots.sol` of the contracts.
 *
 * @param votes in the order in which they were committed
 */
export function ballotsOf(votes: readonly CaseVote[], round: number, truth: Hash): bigint {
  const width = BITS / BigInt(jurySize(round))
  const tag = (vote: Hash | undefined) => {
    if (vote === undefined) return COMMITTED
    if (sameHex(vote, truth)) return TRUTH
    return OTHERS + (bytesToUint(fromHex(vote, 32)) % ((1n << width) - OTHERS))
  }
  const ballots = votes.reduce((word, { position, vote }) => word | (tag(vote) << (BigInt(position) * width)), 0n)
  return (commitsOf(votes) << BITS) | ballots
}

/** The hash over all commitments, of 160 bits. */
function commitsOf(votes: readonly CaseVote[]): bigint {
  return votes.reduce((commits, { position, commitment }) => {
    const extended = hashWords(uintWord(commits), uintWord(position), hashWord(commitment))
    return BigInt.asUintN(160, BigInt(extended))
  }, 0n)
}
