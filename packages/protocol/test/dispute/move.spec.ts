import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testHash } from '../../scripts/vector-files/keys.ts'
import {
  type CaseMove,
  type CaseRuling,
  type CaseSide,
  type CaseStanding,
  COURT_RULES,
  nextMove,
  stakedQuanta,
  stakeQuanta
} from '../../src/index.ts'
import { check } from '../helpers/check.ts'
import { createModelCourt, type ModelCourt } from './model-court.ts'
import { CLAIM, FAULT, OPENED, POLICY, QUANTUM, standingOf } from './standing.ts'

const UNTIL = OPENED + COURT_RULES.openSec
const nameOf = (move: CaseMove): string => (move.type === 'act' ? move.action.type : `${move.type} ${move.why}`)
const flags = (...set: string[]) =>
  Object.fromEntries(
    ['plaintiffRevealed', 'defendantRevealed', 'plaintiffStaked', 'defendantStaked'].map(name => [
      name,
      set.includes(name)
    ])
  ) as unknown as CaseStanding['state']['flags']
const bothStaked = ['plaintiffStaked', 'defendantStaked']
const pinned = { drawHash: testHash('block') }

describe('each side in each phase', () => {
  type Case = Parameters<typeof standingOf>[0]
  it.each<[string, Case, string]>([
    ['claimant, nobody contested', { nowSec: UNTIL + 1 }, 'finalise'],
    ['claimant, still time', { nowSec: UNTIL }, 'wait contest'],
    ['claimant, paid meanwhile', { credited: 1_000n }, 'closePaid'],
    ['claimant, partly paid', { credited: 999n }, 'wait contest'],
    ['claimant, paid while data was demanded', { credited: 1_000n, state: { phase: 'demanded' } }, 'closePaid'],
    ['claimant, has the data', { state: { phase: 'demanded', dataUntil: OPENED + 9 } }, 'answerData'],
    ['claimant, last second', { state: { phase: 'demanded', dataUntil: OPENED } }, 'leave lost'],
    [
      'claimant, lost the data',
      { state: { phase: 'demanded', dataUntil: OPENED + 9 }, evidence: { hasData: false } },
      'leave lost'
    ],
    ['buyer, owes it', { side: 'defendant' }, 'leave right'],
    ['buyer, cannot tell', { side: 'defendant', evidence: { opinion: 'unknown' } }, 'leave unknown'],
    ['buyer, can show that it paid', { side: 'defendant', evidence: { canRebut: true } }, 'rebutPaid'],
    [
      'buyer, can show it although time is over',
      { side: 'defendant', evidence: { canRebut: true }, nowSec: UNTIL + 9 },
      'rebutPaid'
    ],
    ['buyer, its voucher was not redeemed', { side: 'defendant', evidence: { canRedeem: true } }, 'redeem'],
    [
      'buyer, its voucher was redeemed',
      { side: 'defendant', credited: 1_000n, evidence: { canRedeem: true } },
      'leave paid'
    ],
    ['buyer, the result is wrong', { side: 'defendant', evidence: { opinion: 'wrong' } }, 'challenge'],
    ['buyer, wrong, and too late', { side: 'defendant', evidence: { opinion: 'wrong' }, nowSec: UNTIL }, 'leave lost'],
    [
      'buyer, wrong, and about little',
      { side: 'defendant', evidence: { opinion: 'wrong' }, atRisk: 99n },
      'leave small'
    ],
    [
      'buyer, wrong, and too high a stake',
      { side: 'defendant', evidence: { opinion: 'wrong' }, policy: { stakeMax: 29n } },
      'leave stake'
    ],
    [
      'buyer, wrong, and no tokens for the stake',
      { side: 'defendant', evidence: { opinion: 'wrong' }, purse: 29n },
      'wait stake'
    ],
    [
      'buyer, wrong, and gas is dear',
      { side: 'defendant', evidence: { opinion: 'wrong' }, feePerGasWei: 10n ** 13n },
      'leave fees'
    ],
    ['buyer, saw nothing', { side: 'defendant', evidence: { opinion: 'withheld' } }, 'demandData'],
    [
      'buyer, saw nothing, and asking costs as much',
      { side: 'defendant', evidence: { opinion: 'withheld' }, atRisk: 200n, quantumWorth: 200n },
      'leave small'
    ],
    [
      'buyer, saw nothing, and stakes are in another token',
      { side: 'defendant', evidence: { opinion: 'withheld' }, quantumWorth: undefined },
      'demandData'
    ],
    [
      'buyer, saw nothing, asked three times',
      { side: 'defendant', evidence: { opinion: 'withheld' }, state: { demands: 3 } },
      'leave answered'
    ],
    [
      'buyer, was answered nothing yet',
      { side: 'defendant', state: { phase: 'demanded', dataUntil: OPENED } },
      'wait answer'
    ],
    [
      'buyer, was not answered in time',
      { side: 'defendant', state: { phase: 'demanded', dataUntil: OPENED - 1 } },
      'finalise'
    ],
    ['accused, was right', { side: 'defendant', facts: FAULT }, 'challenge'],
    ['accused, was wrong', { side: 'defendant', facts: FAULT, evidence: { opinion: 'wrong' } }, 'leave right'],
    ['accused, nothing is exposed', { side: 'defendant', facts: FAULT, atRisk: 0n }, 'leave small'],
    ['draw, block to come', { state: { phase: 'drawing', target: 1_000, flags: flags(...bothStaked) } }, 'wait block'],
    ['draw, block is there', { state: { phase: 'drawing', target: 999, flags: flags(...bothStaked) } }, 'showSecret'],
    ['draw, block grows old', { state: { phase: 'drawing', target: 700, flags: flags(...bothStaked) } }, 'pin'],
    [
      'draw, block is remembered',
      { state: { phase: 'drawing', target: 700, flags: flags(...bothStaked), ...pinned } },
      'showSecret'
    ],
    [
      'draw, own secret is out',
      { state: { phase: 'drawing', target: 999, flags: flags(...bothStaked, 'plaintiffRevealed') } },
      'wait secret'
    ],
    [
      'draw, the other never came',
      { nowSec: UNTIL + 1, state: { phase: 'drawing', flags: flags(...bothStaked, 'plaintiffRevealed') } },
      'finalise'
    ],
    [
      'draw, never came itself',
      { nowSec: UNTIL + 1, state: { phase: 'drawing', flags: flags(...bothStaked, 'defendantRevealed') } },
      'leave lost'
    ],
    [
      'draw, neither came, plaintiff',
      { nowSec: UNTIL + 1, state: { phase: 'drawing', flags: flags(...bothStaked) } },
      'finalise'
    ],
    [
      'draw, neither came, defendant',
      { side: 'defendant', nowSec: UNTIL + 1, state: { phase: 'drawing', flags: flags(...bothStaked) } },
      'wait turn'
    ],
    [
      'draw, an appeal to answer',
      { state: { phase: 'drawing', round: 1, target: 999, flags: flags('defendantStaked') }, staked: 30n },
      'showSecret'
    ],
    [
      'draw, an appeal that is too much',
      {
        state: { phase: 'drawing', round: 1, target: 999, flags: flags('defendantStaked') },
        staked: 30n,
        policy: { stakeMax: 99n }
      },
      'leave stake'
    ],
    ['vote, under way', { nowSec: UNTIL + 1, state: { phase: 'voting' } }, 'wait jury'],
    ['vote, over', { nowSec: UNTIL + COURT_RULES.revealSec + 1, state: { phase: 'voting' } }, 'tally'],
    [
      'vote, over, the other goes first',
      { side: 'defendant', nowSec: UNTIL + COURT_RULES.revealSec + 1, state: { phase: 'voting' } },
      'wait jury'
    ],
    ['ruled for us', { state: { phase: 'ruled', ruling: 'right' } }, 'wait appeal'],
    ['ruled for us, over', { nowSec: UNTIL + 1, state: { phase: 'ruled', ruling: 'right' } }, 'finalise'],
    ['ruled against us', { state: { phase: 'ruled', ruling: 'wrong', calledAt: OPENED, seatCount: 9 } }, 'appeal'],
    [
      'ruled against us, as we find it ourselves',
      { state: { phase: 'ruled', ruling: 'wrong', calledAt: OPENED, seatCount: 9 }, evidence: { opinion: 'wrong' } },
      'leave lost'
    ],
    [
      'draw, an appeal that is right',
      {
        state: { phase: 'drawing', round: 1, target: 999, flags: flags('defendantStaked') },
        evidence: { opinion: 'wrong' }
      },
      'leave lost'
    ],
    [
      'ruled against us in the last round',
      { state: { phase: 'ruled', ruling: 'wrong', calledAt: OPENED, seatCount: 99, round: 3 } },
      'leave lost'
    ],
    [
      'ruled against us, and nobody to appeal to',
      { state: { phase: 'ruled', ruling: 'wrong', calledAt: OPENED, seatCount: 2 } },
      'leave lost'
    ],
    [
      'ruled against us, and over',
      { nowSec: UNTIL + 1, state: { phase: 'ruled', ruling: 'wrong', calledAt: OPENED, seatCount: 9 } },
      'leave lost'
    ],
    [
      'no majority, and no money for more',
      { state: { phase: 'ruled', ruling: 'none', calledAt: OPENED, seatCount: 9 }, policy: { stakeMax: 30n } },
      'wait appeal'
    ],
    ['no majority, defendant', { side: 'defendant', state: { phase: 'ruled', ruling: 'none' } }, 'wait appeal'],
    ['no majority, over', { nowSec: UNTIL + 1, state: { phase: 'ruled', ruling: 'none' } }, 'finalise']
  ])('%s', (_, change, expected) => {
    expect(nameOf(nextMove(standingOf(change)))).toBe(expected)
  })
})

interface Player {
  readonly side: CaseSide
  readonly opinion: CaseStanding['evidence']['opinion']
  readonly hasData: boolean
  readonly stakeMax: bigint
}

function standing(court: ModelCourt, { side, opinion, hasData, stakeMax }: Player): CaseStanding {
  const { story, nowSec, block, staked } = court
  return standingOf({
    side,
    facts: story.facts,
    state: story.state,
    nowSec,
    block,
    evidence: { opinion, hasData },
    policy: { ...POLICY, stakeMax },
    staked: BigInt(staked[side]) * QUANTUM
  })
}

const STEPS_MAX = 400
const player = (side: CaseSide) =>
  fc.record({
    side: fc.constant(side),
    opinion: fc.constantFrom('right', 'wrong', 'withheld', 'unknown') as fc.Arbitrary<Player['opinion']>,
    hasData: fc.boolean(),
    stakeMax: fc.constantFrom(...[6, 20, 50, 112].map(quanta => BigInt(quanta) * QUANTUM))
  })
const world = fc.record({
  facts: fc.constantFrom(CLAIM, FAULT, { ...CLAIM, dataChunks: 0 }),
  seatCount: fc.constantFrom(0, 3, 64),
  plaintiff: player('plaintiff'),
  defendant: player('defendant')
})
const turnsOf = (passSec: fc.Arbitrary<number>) =>
  fc.infiniteStream(
    fc.record({
      first: fc.constantFrom<CaseSide>('plaintiff', 'defendant'),
      passSec,
      ruling: fc.constantFrom<CaseRuling | undefined>(undefined, undefined, 'none', 'right', 'wrong')
    })
  )
const turns = turnsOf(fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 20_000 })))
/** Awake often enough to see a block before its hash is gone. */
const wakeful = turnsOf(fc.integer({ min: 60, max: 1_800 }))

/** Lets players do what they decide on until the case is over, or all of them have left it. @returns whether it is over */
function play(
  court: ModelCourt,
  players: readonly Player[],
  turnOf: () => { first: CaseSide; passSec: number; ruling: CaseRuling | undefined }
): boolean {
  for (let step = 0; step < STEPS_MAX; step++) {
    const { first, passSec, ruling } = turnOf()
    const order = [...players].sort((a, b) => Number(b.side === first) - Number(a.side === first))
    const moves: CaseMove[] = []
    for (const one of order) {
      const move = nextMove(standing(court, one))
      moves.push(move)
      if (move.type !== 'act') continue
      if (move.bySec !== undefined) expect(court.nowSec).toBeLessThan(move.bySec)
      const before = court.staked[one.side]
      // Throws for whatever the contract would refuse.
      court.act(one.side, move.action)
      expect(BigInt(court.staked[one.side] - before) * QUANTUM).toBe(move.stake)
      if (court.story.outcome === 'none') expect(stakedQuanta(court.story.state, one.side)).toBe(court.staked[one.side])
      if (move.isDeeper) expect(BigInt(court.staked[one.side]) * QUANTUM).toBeLessThanOrEqual(one.stakeMax)
      else expect(move.stake).toBe(0n)
      if (court.story.outcome !== 'none') return true
    }
    if (moves.every(({ type }) => type === 'leave')) return false
    court.pass(passSec)
    if (ruling !== undefined) court.vote(ruling)
  }
  throw new Error(`no end after ${STEPS_MAX} turns: ${JSON.stringify(court.story.state)}`)
}

describe('whatever both sides think and have', () => {
  it('every case ends, nothing is refused, and no more is staked than allowed', () => {
    check(
      fc.property(world, turns, ({ facts, seatCount, plaintiff, defendant }, stream) => {
        const court = createModelCourt(facts, seatCount)
        const isOver = play(court, [plaintiff, defendant], () => stream.next().value)
        // Whoever is still there has something to do: nobody leaves a case that it would gain by.
        expect(isOver).toBe(true)
        expect(court.nowSec).toBeLessThan(
          OPENED + COURT_RULES.caseSecMax + COURT_RULES.openSec + 6 * COURT_RULES.dataSec
        )
      })
    )
  })

  it('one side alone brings it to an end that is good for it', () => {
    check(
      fc.property(world, turns, ({ facts, seatCount, plaintiff }, stream) => {
        const court = createModelCourt(facts, seatCount)
        expect(play(court, [plaintiff], () => stream.next().value)).toBe(true)
        expect(court.story.outcome).toBe('upheld')
        expect(court.staked.plaintiff).toBe(stakeQuanta(0))
      })
    )
  })

  it('a buyer that knows better wins against a claimant that goes away', () => {
    check(
      fc.property(world, wakeful, ({ seatCount, defendant }, stream) => {
        const court = createModelCourt(CLAIM, seatCount)
        const knows: Player = { ...defendant, opinion: 'wrong' }
        expect(play(court, [knows], () => ({ ...stream.next().value, ruling: undefined }))).toBe(true)
        expect(court.story.outcome).toBe('failed')
      })
    )
  })
})
