import { bytesToUint, uintToBytes } from '../primitives/bytes.ts'
import { type Address, type Hash, type UnixSec, ZERO_ADDRESS, ZERO_HASH } from '../primitives/hex.ts'
import { type CaseFacts, factsHash } from './case.ts'
import { addressWord, hashWord, hashWords, uintWord } from './words.ts'

/** Where a running case is, in the order of the contract's enum. Drawn in the contracts' docs/court.md. */
export const CASE_PHASES = ['open', 'demanded', 'drawing', 'voting', 'ruled'] as const
export type CasePhase = (typeof CASE_PHASES)[number]

/** What a jury found: no majority, that the receipt tells the truth, or that a majority agrees on another truth. */
export const CASE_RULINGS = ['none', 'right', 'wrong'] as const
export type CaseRuling = (typeof CASE_RULINGS)[number]

/** How a case ended; none while it runs. Each stays as it is for ever. */
export const CASE_OUTCOMES = ['none', 'upheld', 'failed', 'split', 'paid', 'rebutted'] as const
export type CaseOutcome = (typeof CASE_OUTCOMES)[number]

/** Who showed the secret of this round, and who has paid the stake of it. */
export interface CaseFlags {
  readonly plaintiffRevealed: boolean
  readonly defendantRevealed: boolean
  readonly plaintiffStaked: boolean
  readonly defendantStaked: boolean
}

export const NO_FLAGS: CaseFlags = {
  plaintiffRevealed: false,
  defendantRevealed: false,
  plaintiffStaked: false,
  defendantStaked: false
}

/** All of a case that changes. The court stores no more of it than a hash: whoever moves the case gives it. */
export interface CaseState {
  readonly plaintiff: Address
  /** Who demanded data, and then who challenged; zero before. */
  readonly defendant: Address
  /** The newest link of the plaintiff's chain of secrets: the next secret hashes to it. */
  readonly plaintiffLink: Hash
  readonly defendantLink: Hash
  /** Hash of the block that the jury is drawn with, zero until it is pinned. */
  readonly drawHash: Hash
  /** How many seats there were when the case was challenged. */
  readonly seatCount: number
  readonly phase: CasePhase
  /** Of the last round. */
  readonly ruling: CaseRuling
  /** 0 … 3. */
  readonly round: number
  /** How often the buyer has demanded data. */
  readonly demands: number
  readonly flags: CaseFlags
  /** What the court holds for this case, in quanta of stake. */
  readonly pot: number
  /** Up to which the parties may act; in `voting`, up to which jurors may commit. */
  readonly until: UnixSec
  /** `demanded`: up to which the claimant may answer. */
  readonly dataUntil: UnixSec
  /** When the case was challenged: who did not sit before cannot judge. */
  readonly calledAt: UnixSec
  /** `demanded`: index of the chunk. `drawing`: number of the block whose hash is drawn with. */
  readonly target: number
  /** `voting`: the drawn seats, by position. */
  readonly seats: readonly number[]
}

/** The half of a stage that jurors need not know, as the court takes it. */
export type CaseSides = Pick<
  CaseState,
  'plaintiff' | 'defendant' | 'plaintiffLink' | 'defendantLink' | 'drawHash' | 'seatCount'
>

/** The half of a stage that jurors vote on, as the court takes it: {@link CaseState} in five words. */
export interface CaseTurn {
  readonly clock: bigint
  readonly seats: readonly [bigint, bigint, bigint, bigint]
}

/** A case as every function of the court takes it that needs both parties. */
export interface CaseStage {
  readonly sides: CaseSides
  readonly turn: CaseTurn
}

export const NO_STATE: CaseState = {
  plaintiff: ZERO_ADDRESS,
  defendant: ZERO_ADDRESS,
  plaintiffLink: ZERO_HASH,
  defendantLink: ZERO_HASH,
  drawHash: ZERO_HASH,
  seatCount: 0,
  phase: 'open',
  ruling: 'none',
  round: 0,
  demands: 0,
  flags: NO_FLAGS,
  pot: 0,
  until: 0,
  dataUntil: 0,
  calledAt: 0,
  target: 0,
  seats: []
}

export function stageOf(state: CaseState): CaseStage {
  return { sides: sidesOf(state), turn: turnOf(state) }
}

export function sidesOf(state: CaseState): CaseSides {
  const { plaintiff, defendant, plaintiffLink, defendantLink, drawHash, seatCount } = state
  return { plaintiff, defendant, plaintiffLink, defendantLink, drawHash, seatCount }
}

/** @throws RangeError when a number does not fit its field */
export function turnOf(state: CaseState): CaseTurn {
  return { clock: encodeClock(state), seats: packSeats(state.seats) }
}

/** @throws RangeError for a turn that no court answers */
export function stateOf({ sides, turn }: CaseStage): CaseState {
  const { jurors, ...clock } = decodeClock(turn.clock)
  return { ...sidesOf({ ...NO_STATE, ...sides }), ...clock, seats: unpackSeats(turn.seats, jurors) }
}

type ClockFields = Omit<CaseState, keyof CaseSides | 'seats'>

/** The small fields of a state in one word, from the highest bits down, with how many bytes each has. */
function encodeClock(state: CaseState): bigint {
  const fields: readonly (readonly [number, number])[] = [
    [CASE_PHASES.indexOf(state.phase), 1],
    [CASE_RULINGS.indexOf(state.ruling), 1],
    [state.round, 1],
    [state.demands, 1],
    [encodeFlags(state.flags), 1],
    [state.seats.length, 1],
    [state.pot, 2],
    [state.until, 6],
    [state.dataUntil, 6],
    [state.calledAt, 6],
    [state.target, 6]
  ]
  const bytes = new Uint8Array(32)
  let at = 0
  for (const [value, length] of fields) {
    bytes.set(uintToBytes(BigInt(value), length), at)
    at += length
  }
  return bytesToUint(bytes)
}

function decodeClock(clock: bigint): ClockFields & { jurors: number } {
  const bytes = uintToBytes(clock, 32)
  const at = (from: number, length: number) => Number(bytesToUint(bytes.subarray(from, from + length)))
  return {
    phase: wordAt(CASE_PHASES, at(0, 1)),
    ruling: wordAt(CASE_RULINGS, at(1, 1)),
    round: at(2, 1),
    demands: at(3, 1),
    flags: decodeFlags(at(4, 1)),
    jurors: at(5, 1),
    pot: at(6, 2),
    until: at(8, 6),
    dataUntil: at(14, 6),
    calledAt: at(20, 6),
    target: at(26, 6)
  }
}

const FLAG_BITS: readonly (readonly [keyof CaseFlags, number])[] = [
  ['plaintiffRevealed', 1],
  ['defendantRevealed', 2],
  ['plaintiffStaked', 4],
  ['defendantStaked', 8]
]

function encodeFlags(flags: CaseFlags): number {
  return FLAG_BITS.reduce((bits, [name, bit]) => bits | (flags[name] ? bit : 0), 0)
}

function decodeFlags(bits: number): CaseFlags {
  return Object.fromEntries(FLAG_BITS.map(([name, bit]) => [name, (bits & bit) !== 0])) as unknown as CaseFlags
}

const SEATS_PER_WORD = 8
const SEAT_BITS = 32n

function packSeats(seats: readonly number[]): CaseTurn['seats'] {
  if (seats.length > 4 * SEATS_PER_WORD) throw new RangeError(`${seats.length} seats do not fit a turn`)
  const word = (index: number) =>
    seats
      .slice(index * SEATS_PER_WORD, (index + 1) * SEATS_PER_WORD)
      .reduce(
        (packed, seat, at) => packed | (bytesToUint(uintToBytes(BigInt(seat), 4)) << (SEAT_BITS * BigInt(at))),
        0n
      )
  return [word(0), word(1), word(2), word(3)]
}

/** The seats of a `JuryDrawn` event or a turn. */
export function unpackSeats(words: readonly bigint[], jurors: number): number[] {
  return Array.from({ length: jurors }, (_, position) => {
    const word = words[Math.floor(position / SEATS_PER_WORD)] ?? 0n
    return Number((word >> (SEAT_BITS * BigInt(position % SEATS_PER_WORD))) & 0xffffffffn)
  })
}

function wordAt<Word extends string>(words: readonly Word[], index: number): Word {
  const word = words[index]
  if (word === undefined) throw new RangeError(`the court has no ${index} among ${words.join(', ')}`)
  return word
}

/** All that jurors need not know, as they bring it: `keccak256(abi.encode(factsHash, sides))`. */
export function docketHash(facts: CaseFacts, sides: CaseSides): Hash {
  return hashWords(
    hashWord(factsHash(facts)),
    addressWord(sides.plaintiff),
    addressWord(sides.defendant),
    hashWord(sides.plaintiffLink),
    hashWord(sides.defendantLink),
    hashWord(sides.drawHash),
    uintWord(sides.seatCount)
  )
}

/** What the court remembers of a running case, and compares with what it is given. */
export function headOf(facts: CaseFacts, state: CaseState): Hash {
  const { clock, seats } = turnOf(state)
  return hashWords(
    hashWord(docketHash(facts, state)),
    hashWord(facts.truth),
    uintWord(clock),
    ...seats.map(word => uintWord(word))
  )
}

/** What jurors bring with their votes: the case without what they need not know. */
export interface Hearing {
  readonly id: Hash
  readonly docket: Hash
  readonly truth: Hash
  readonly turn: CaseTurn
}

/** What a ruling means for a case of that kind. */
export function outcomeOf(kind: CaseFacts['kind'], ruling: CaseRuling): 'upheld' | 'failed' | 'split' {
  if (ruling === 'none') return 'split'
  return (ruling === 'right') === (kind === 'claim') ? 'upheld' : 'failed'
}
