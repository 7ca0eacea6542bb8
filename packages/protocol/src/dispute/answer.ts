import { COURT_RULES, stakeQuanta } from '../case/rules.ts'
import { CONTEST_GAS } from './policy.ts'
import { act, actDeeper, type CaseMove, type CaseStanding, leave } from './standing.ts'

/** A demand and, if nobody answers it, the end of the case. */
const DEMAND_GAS = 160_000n

/**
 * What a buyer says to a claim. One that is right costs it nothing but what it owes, so it lets it be. What it paid
 * already it shows, at any time before the end; what is wrong it contests, and what it never saw it asks for.
 */
export function answerClaim(standing: CaseStanding): CaseMove {
  const { facts, state, evidence, credited, nowSec, atRisk, quantumWorth } = standing
  if (evidence.canRebut) return act({ type: 'rebutPaid' })
  if (credited >= facts.amount) return leave('paid')
  // Redeemed before the end it counts; after it, the same work would be paid for twice.
  if (evidence.canRedeem) return act({ type: 'redeem' })
  const { opinion } = evidence
  if (opinion === 'right' || opinion === 'unknown') return leave(opinion)
  if (nowSec >= state.until) return leave('lost')
  if (opinion === 'wrong') return contest(standing)
  if (facts.dataChunks === 0 || state.demands >= COURT_RULES.demandsMax) return leave('answered')
  // A demand that is answered is paid for.
  if (quantumWorth !== undefined && atRisk <= quantumWorth) return leave('small')
  const step = { quanta: COURT_RULES.dataQuanta, gas: DEMAND_GAS, bySec: state.until }
  return actDeeper(standing, { type: 'demandData', nth: state.demands }, step)
}

/** What a provider says to a buyer that calls its result wrong: silence costs it its bond, as far as that is exposed. */
export function answerFault(standing: CaseStanding): CaseMove {
  const { state, evidence, nowSec } = standing
  // What it finds wrong itself it does not defend.
  if (evidence.opinion !== 'right') return leave(evidence.opinion === 'wrong' ? 'right' : 'unknown')
  return nowSec >= state.until ? leave('lost') : contest(standing)
}

/** Also where there are no jurors: without a majority the plaintiff, who has the burden of proof, gets nothing. */
function contest(standing: CaseStanding): CaseMove {
  const step = { quanta: stakeQuanta(0), gas: CONTEST_GAS, bySec: standing.state.until }
  return actDeeper(standing, { type: 'challenge' }, step)
}
