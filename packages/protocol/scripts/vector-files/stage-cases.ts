import { ballotsOf, type CaseVote } from '../../src/case/ballots.ts'
import { type CaseFacts, caseTruth, factsHash, idOfCase } from '../../src/case/case.ts'
import { COURT_RULES, jurySize, stakeQuanta } from '../../src/case/rules.ts'
import {
  CASE_KINDS,
  CASE_PHASES,
  CASE_RULINGS,
  type CaseFlags,
  type CaseState,
  docketHash,
  headOf,
  NO_FLAGS,
  NO_STATE,
  turnOf
} from '../../src/index.ts'
import type { AgreementId, ChannelId } from '../../src/primitives/hex.ts'
import { MAX_ADDRESS, testAddress, testHash, UINT128_MAX } from './keys.ts'

const UINT48_MAX = 2 ** 48 - 1

interface StageCase {
  readonly facts: CaseFacts
  readonly state: CaseState
  readonly votes: readonly CaseVote[]
}

const claim: CaseFacts = {
  kind: 'claim',
  plaintiff: testAddress('plaintiff'),
  provider: testAddress('provider of the case'),
  channel: testHash('channel of the case') as ChannelId,
  agreement: testHash('agreement of the case') as AgreementId,
  truth: caseTruth(testHash('result of the case'), testHash('data of the case'), 7),
  amount: 1_114_318n,
  alreadyPaid: 20_000n,
  cumulative: 5_020_000n,
  commitment: testHash('commitment of the case'),
  dataRoot: testHash('data of the case'),
  dataChunks: 7
}
const fault: CaseFacts = { ...claim, kind: 'fault', alreadyPaid: 0n, cumulative: 0n, dataChunks: 0 }
const open: CaseState = {
  ...NO_STATE,
  plaintiff: claim.plaintiff,
  plaintiffLink: testHash('link'),
  pot: stakeQuanta(0),
  until: 1_900_000_000
}
const drawing: CaseState = {
  ...open,
  phase: 'drawing',
  defendant: testAddress('defendant'),
  defendantLink: testHash('other link'),
  seatCount: 40,
  flags: { ...NO_FLAGS, plaintiffRevealed: true, plaintiffStaked: true, defendantStaked: true },
  pot: 2 * stakeQuanta(0),
  calledAt: 1_899_000_000,
  drawHash: testHash('block'),
  target: 21_000_000
}

/** Stages of every phase, and what the court computes of them. */
const stages: Readonly<Record<string, StageCase>> = {
  open: { facts: claim, state: open, votes: [] },
  demanded: {
    facts: claim,
    state: {
      ...open,
      phase: 'demanded',
      demands: 2,
      defendant: testAddress('payer'),
      dataUntil: 1_899_999_999,
      target: 6
    },
    votes: []
  },
  drawing: { facts: fault, state: drawing, votes: [] },
  'a small jury': { facts: claim, state: voting([5, 39, 0], 0), votes: votes(3, 0) },
  'a larger jury': { facts: fault, state: voting(seats(7), 1), votes: votes(5, 1) },
  'a jury of fifteen': { facts: claim, state: voting(seats(15), 2), votes: votes(15, 2) },
  'the largest jury': { facts: claim, state: voting(seats(31), 3), votes: votes(31, 3) },
  ruled: {
    facts: fault,
    state: { ...drawing, phase: 'ruled', ruling: 'wrong', flags: NO_FLAGS, target: 0 },
    votes: []
  },
  'largest numbers': {
    facts: {
      ...fault,
      provider: MAX_ADDRESS,
      amount: UINT128_MAX,
      alreadyPaid: UINT128_MAX,
      cumulative: UINT128_MAX,
      dataChunks: UINT48_MAX
    },
    state: {
      ...drawing,
      phase: 'ruled',
      ruling: 'right',
      round: 255,
      demands: 255,
      flags: { plaintiffRevealed: true, defendantRevealed: true, plaintiffStaked: true, defendantStaked: true },
      seatCount: 2 ** 32 - 1,
      pot: 65_535,
      until: UINT48_MAX,
      dataUntil: UINT48_MAX,
      calledAt: UINT48_MAX,
      target: UINT48_MAX,
      seats: Array.from({ length: 31 }, () => 2 ** 32 - 1)
    },
    votes: []
  }
}

function voting(drawn: number[], round: number): CaseState {
  return { ...drawing, phase: 'voting', round, flags: NO_FLAGS, target: 0, seats: drawn }
}

function seats(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index * 70_001)
}

/** Not in the order of the positions. The first is not shown, the second says the truth, the others say something else. */
function votes(count: number, round: number): CaseVote[] {
  return Array.from({ length: count }, (_, index) => {
    const position = count - 1 - index
    const vote = index === 1 ? claim.truth : testHash(`vote ${round} ${position}`)
    return { position, commitment: testHash(`commitment ${round} ${position}`), ...(index === 0 ? {} : { vote }) }
  })
}

/** As the contract has them: 1, 2, 4, 8 in the order in which they are named. */
function bitsOf({ plaintiffRevealed, defendantRevealed, plaintiffStaked, defendantStaked }: CaseFlags): number {
  const flags = [plaintiffRevealed, defendantRevealed, plaintiffStaked, defendantStaked]
  return flags.reduce((bits, flag, index) => bits + (flag ? 2 ** index : 0), 0)
}

export function stageFile(): object {
  const cases = Object.entries(stages).map(([name, { facts, state, votes }]) => {
    const { flags, phase, ruling, ...rest } = state
    return {
      name,
      facts: { ...facts, kind: CASE_KINDS.indexOf(facts.kind) },
      state: { ...rest, flags: bitsOf(flags), phase: CASE_PHASES.indexOf(phase), ruling: CASE_RULINGS.indexOf(ruling) },
      id: idOfCase(facts),
      factsHash: factsHash(facts),
      docket: docketHash(facts, state),
      clock: turnOf(state).clock,
      seatWords: turnOf(state).seats,
      head: headOf(facts, state),
      positions: votes.map(({ position }) => position),
      commitments: votes.map(({ commitment }) => commitment),
      shown: votes.map(({ vote }) => (vote === undefined ? 0 : 1)),
      votes: votes.map(({ vote, commitment }) => vote ?? commitment),
      ballots: state.phase === 'voting' ? ballotsOf(votes, state.round, facts.truth) : 0n
    }
  })
  const rounds = Array.from({ length: COURT_RULES.roundLast + 1 }, (_, round) => round)
  const rules = { ...COURT_RULES, jurySizes: rounds.map(jurySize), stakesQuanta: rounds.map(stakeQuanta) }
  return { rules, count: cases.length, cases }
}
