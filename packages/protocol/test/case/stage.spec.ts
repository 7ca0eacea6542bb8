import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import {
  ballotsOf,
  CASE_KINDS,
  CASE_PHASES,
  CASE_RULINGS,
  type CaseFacts,
  type CaseState,
  type CaseVote,
  COURT_RULES,
  docketHash,
  factsHash,
  type Hash,
  headOf,
  idOfCase,
  jurySize,
  NO_STATE,
  outcomeOf,
  stageOf,
  stakeQuanta,
  stateOf,
  turnOf
} from '../../src/index.ts'

interface Row {
  name: string
  facts: Record<string, never>
  state: Record<string, never>
  id: Hash
  factsHash: Hash
  docket: Hash
  clock: number | string
  seatWords: (number | string)[]
  head: Hash
  positions: number[]
  commitments: Hash[]
  shown: number[]
  votes: Hash[]
  ballots: number | string
}

const file = JSON.parse(readFileSync(new URL('../../vectors/case-stage.json', import.meta.url), 'utf8')) as {
  rules: Record<string, unknown>
  cases: Row[]
}

it.each(file.cases.map(row => [row.name, row] as const))('golden vector: %s', (_, row) => {
  const facts = factsOf(row.facts)
  const state = stateOfRow(row.state)
  expect(idOfCase(facts)).toBe(row.id)
  expect(factsHash(facts)).toBe(row.factsHash)
  expect(docketHash(facts, state)).toBe(row.docket)
  expect(turnOf(state)).toEqual({ clock: BigInt(row.clock), seats: row.seatWords.map(BigInt) })
  expect(headOf(facts, state)).toBe(row.head)
  expect(stateOf(stageOf(state))).toEqual(state)
  if (state.phase === 'voting') expect(ballotsOf(votesOf(row), state.round, facts.truth)).toBe(BigInt(row.ballots))
})

it('goes by the same rules as the vectors, and so the contract', () => {
  const { jurySizes, stakesQuanta, ...rules } = file.rules
  expect(COURT_RULES).toEqual(rules)
  const rounds = [0, 1, 2, 3]
  expect(rounds.map(jurySize)).toEqual(jurySizes)
  expect(rounds.map(stakeQuanta)).toEqual(stakesQuanta)
})

it.each([
  ['a 32nd seat', { seats: Array.from({ length: 33 }, () => 1) }],
  ['a seat past 32 bits', { seats: [2 ** 32] }],
  ['a round past a byte', { round: 256 }],
  ['a pot past two bytes', { pot: 2 ** 16 }],
  ['a time past 48 bits', { until: 2 ** 48 }],
  ['a negative target', { target: -1 }]
] as const)('has no word for %s', (_, wrong) => {
  expect(() => turnOf({ ...NO_STATE, ...wrong })).toThrow(RangeError)
})

it.each([0, 1])('does not decode a word with byte %i that no court writes', byte => {
  const { sides, turn } = stageOf(NO_STATE)
  const clock = turn.clock | (9n << BigInt(248 - 8 * byte))
  expect(() => stateOf({ sides, turn: { ...turn, clock } })).toThrow(RangeError)
})

it.each([
  ['claim', 'none', 'split'],
  ['claim', 'right', 'upheld'],
  ['claim', 'wrong', 'failed'],
  ['fault', 'none', 'split'],
  ['fault', 'right', 'failed'],
  ['fault', 'wrong', 'upheld']
] as const)('a %s with ruling %s is %s', (kind, ruling, outcome) => {
  expect(outcomeOf(kind, ruling)).toBe(outcome)
})

function factsOf({ kind, amount, alreadyPaid, cumulative, ...rest }: Row['facts']): CaseFacts {
  const money = { amount: BigInt(amount!), alreadyPaid: BigInt(alreadyPaid!), cumulative: BigInt(cumulative!) }
  return { ...(rest as unknown as CaseFacts), ...money, kind: CASE_KINDS[kind!]! }
}

function stateOfRow({ phase, ruling, flags, ...rest }: Row['state']): CaseState {
  const has = (bit: number) => (Number(flags) & bit) !== 0
  return {
    ...(rest as unknown as CaseState),
    phase: CASE_PHASES[phase!]!,
    ruling: CASE_RULINGS[ruling!]!,
    flags: {
      plaintiffRevealed: has(1),
      defendantRevealed: has(2),
      plaintiffStaked: has(4),
      defendantStaked: has(8)
    }
  }
}

function votesOf({ positions, commitments, shown, votes }: Row): CaseVote[] {
  return positions.map((position, index) => ({
    position,
    commitment: commitments[index]!,
    ...(shown[index] === 1 ? { vote: votes[index]! } : {})
  }))
}
