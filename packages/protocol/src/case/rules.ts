/**
 * The numbers that the court goes by, as `Rules.sol` of the contracts has them; a test of each language holds them against
 * the golden vectors. Times are in seconds, amounts in quanta of stake.
 */
export const COURT_RULES = {
  /** How long an open case waits for somebody to contest it. */
  openSec: 2 * 86_400,
  /** How long the claimant has to answer a demand, and the buyer to act on the answer. */
  dataSec: 12 * 3_600,
  demandsMax: 3,
  chunkBytesMax: 1024,
  /** How long both parties have to show their secrets of a round. */
  secretsSec: 18 * 3_600,
  commitSec: 24 * 3_600,
  revealSec: 18 * 3_600,
  appealSec: 24 * 3_600,
  caseSecMax: 20 * 86_400,
  /** How long after its receipt a fault can be brought. */
  faultSec: 7 * 86_400,
  /** How long a seat answers for cases after its owner asked to leave it. */
  seatExitSec: 21 * 86_400,
  /** Blocks between the call for a jury and the one that it is drawn with. */
  drawDelayBlocks: 4,
  roundLast: 3,
  feeQuanta: 1,
  minorityQuanta: 2,
  silenceQuanta: 4,
  seatQuantaMin: 10,
  dataQuanta: 1,
  /** What a new seat is staked with: a quantum is this part of its price. */
  seatQuanta: 20
} as const

/** Jurors of a round: 3, 7, 15, 31. */
export function jurySize(round: number): number {
  return 4 * 2 ** round - 1
}

/** What each side stakes for a round, in quanta: twice what its jury can cost. */
export function stakeQuanta(round: number): number {
  return 2 * COURT_RULES.feeQuanta * jurySize(round)
}
