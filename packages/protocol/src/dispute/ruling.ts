import type { CaseFacts } from '../case/case.ts'
import { COURT_RULES, jurySize, stakeQuanta } from '../case/rules.ts'
import { type CaseRuling, outcomeOf } from '../case/stage.ts'
import { CONTEST_GAS } from './policy.ts'
import {
  act,
  actDeeper,
  type CaseMove,
  type CaseSide,
  type CaseStanding,
  isConvinced,
  leave,
  TURN_SEC,
  wait
} from './standing.ts'

/** Whom the pot goes to. */
export type CaseWinner = CaseSide | 'both'

export function winnerOf(kind: CaseFacts['kind'], ruling: CaseRuling): CaseWinner {
  const outcome = outcomeOf(kind, ruling)
  return outcome === 'split' ? 'both' : outcome === 'upheld' ? 'plaintiff' : 'defendant'
}

/** The jury is at work. A round in which somebody did not vote is ended by whoever comes first. */
export function nextInVote({ state, side, nowSec }: CaseStanding): CaseMove {
  const endSec = state.until + COURT_RULES.revealSec + (side === 'plaintiff' ? 0 : TURN_SEC)
  return nowSec > endSec ? act({ type: 'tally' }) : wait('jury', endSec)
}

/** The jury has spoken. The loser may call for a larger one; who has the burden of proof does, if there was no majority. */
export function nextInRuling(standing: CaseStanding): CaseMove {
  const { facts, state, side, nowSec } = standing
  const winner = winnerOf(facts.kind, state.ruling)
  if (nowSec > state.until) return endFor(winner, standing)
  const appellant = winner === 'plaintiff' ? 'defendant' : 'plaintiff'
  const isLate = nowSec + COURT_RULES.secretsSec >= state.calledAt + COURT_RULES.caseSecMax || nowSec === state.until
  const isLast = state.round >= COURT_RULES.roundLast || state.seatCount < jurySize(0)
  if (side !== appellant || isLast || isLate || !isConvinced(standing))
    return winner === side || winner === 'both' ? wait('appeal', state.until) : leave('lost')
  const step = { quanta: stakeQuanta(state.round + 1), gas: CONTEST_GAS, bySec: state.until }
  const move = actDeeper(standing, { type: 'appeal' }, step)
  // Half of the stakes comes back in any case.
  return move.type === 'leave' && winner === 'both' ? wait('appeal', state.until) : move
}

/** The time of a case is over: who gains by its end brings it about. Where both do, the plaintiff goes first. */
export function endFor(winner: CaseWinner, { side, state, nowSec }: CaseStanding): CaseMove {
  if (winner === side) return act({ type: 'finalise' })
  if (winner !== 'both') return leave('lost')
  const turnSec = state.until + TURN_SEC
  return side === 'plaintiff' || nowSec > turnSec ? act({ type: 'finalise' }) : wait('turn', turnSec)
}
