import type { UnixSec } from '../primitives/hex.ts'
import { answerClaim, answerFault } from './answer.ts'
import { nextInDraw } from './draw.ts'
import { nextInRuling, nextInVote } from './ruling.ts'
import { act, type CaseMove, type CaseStanding, leave, wait } from './standing.ts'

/**
 * What a party does next about a case. Pure: it is asked anew with whatever the chain says now, so that no message that was
 * missed, no crash and no reorganisation can make it do the wrong thing. There is one answer for each stage, and nothing is
 * done whose time is over.
 *
 * Whoever gains by the end of a case ends it; who has lost leaves that to the winner.
 */
export function nextMove(standing: CaseStanding): CaseMove {
  const { state, side, facts, nowSec } = standing
  switch (state.phase) {
    case 'open':
      if (side === 'defendant') return facts.kind === 'claim' ? answerClaim(standing) : answerFault(standing)
      if (isPaid(standing)) return act({ type: 'closePaid' })
      return nowSec > state.until ? act({ type: 'finalise' }) : wait('contest', state.until)
    case 'demanded':
      return nextInDemand(standing)
    case 'drawing':
      return nextInDraw(standing)
    case 'voting':
      return nextInVote(standing)
    case 'ruled':
      return nextInRuling(standing)
  }
}

/** The buyer has asked to see a part of the output. */
function nextInDemand(standing: CaseStanding): CaseMove {
  const { state, side, evidence, nowSec } = standing
  if (side === 'plaintiff') {
    if (isPaid(standing)) return act({ type: 'closePaid' })
    if (nowSec >= state.dataUntil || !evidence.hasData) return leave('lost')
    return act({ type: 'answerData', chunk: state.target }, { bySec: state.dataUntil })
  }
  if (evidence.canRebut) return act({ type: 'rebutPaid' })
  return nowSec > state.dataUntil ? act({ type: 'finalise' }) : wait('answer', state.dataUntil)
}

/** Vouchers that were redeemed since have paid what is claimed. */
function isPaid({ facts, credited }: CaseStanding): boolean {
  return facts.kind === 'claim' && credited >= facts.amount
}

/** When a party has to have acted or is to look again; undefined where it may take its time, or has nothing left to do. */
export function deadlineOf(move: CaseMove): UnixSec | undefined {
  return move.type === 'act' ? move.bySec : move.type === 'wait' ? move.untilSec : undefined
}
