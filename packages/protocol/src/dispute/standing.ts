import type { CaseFacts } from '../case/case.ts'
import { COURT_RULES, stakeQuanta } from '../case/rules.ts'
import type { CaseState } from '../case/stage.ts'
import type { UnixSec, Wei } from '../primitives/hex.ts'
import { type DisputePolicy, type NotWorth, whyNotWorth } from './policy.ts'

export type CaseSide = 'plaintiff' | 'defendant'

/**
 * What a party finds of the receipt in question. `right`: it says what was delivered. `wrong`: it does not, and a jury will
 * find so. `withheld`: it may be right, but its output was never seen. `unknown`: nothing here tells.
 */
export type CaseOpinion = 'right' | 'wrong' | 'withheld' | 'unknown'

/** What a party can show. */
export interface CaseEvidence {
  readonly opinion: CaseOpinion
  /** The output is here, to answer demands with. */
  readonly hasData: boolean
  /** The voucher that the claimant acknowledges pays more than it states, that is proved, and it is redeemed. */
  readonly canRebut: boolean
  /** A voucher of ours pays what is claimed, and nobody has redeemed it. */
  readonly canRedeem: boolean
}

/** A case as a party sees it at one moment. */
export interface CaseStanding {
  readonly side: CaseSide
  readonly facts: Pick<CaseFacts, 'kind' | 'amount' | 'dataChunks'>
  readonly state: CaseState
  /** What vouchers beyond the acknowledged one have paid of a claim, in the channel's token. */
  readonly credited: Wei
  /** The chain's time and height. */
  readonly nowSec: UnixSec
  readonly block: number
  readonly evidence: CaseEvidence
  /** What losing would cost this party besides its stakes, or winning bring it, in the channel's token. */
  readonly atRisk: Wei
  readonly policy: DisputePolicy
  /** A quantum, in the stake token; and in the channel's token, if that is the same. */
  readonly quantum: Wei
  readonly quantumWorth: Wei | undefined
  /** What this party has staked on this case so far, and can stake in addition, in the stake token. */
  readonly staked: Wei
  readonly purse: Wei
  readonly spentWei: bigint
  readonly feePerGasWei: bigint
}

export type CaseAction =
  | { readonly type: 'closePaid' | 'rebutPaid' | 'redeem' | 'challenge' | 'pin' | 'showSecret' }
  | { readonly type: 'tally' | 'appeal' | 'finalise' }
  /** `nth`: how many were demanded before. Which chunk, chance decides. */
  | { readonly type: 'demandData'; readonly nth: number }
  | { readonly type: 'answerData'; readonly chunk: number }

/** What is waited for: that the other side does something or lets it be, a block, the jury, or tokens to stake. */
export type CaseWaiting = 'contest' | 'answer' | 'block' | 'secret' | 'jury' | 'appeal' | 'turn' | 'stake'

/** Why nothing more is done: it was lost, or acting would cost more than it can bring, or the other side is right. */
export type CaseLeaving = 'lost' | 'right' | 'unknown' | 'answered' | 'paid' | NotWorth

export type CaseMove =
  | {
      readonly type: 'act'
      readonly action: CaseAction
      /** Last second at which the chain takes it; undefined: it can be done at any time. */
      readonly bySec: UnixSec | undefined
      /** What it stakes, in the stake token. */
      readonly stake: Wei
      /** It puts in more than is in already: only within the policy. The rest saves what is. */
      readonly isDeeper: boolean
    }
  | { readonly type: 'wait'; readonly why: CaseWaiting; readonly untilSec: UnixSec; readonly missing: Wei }
  | { readonly type: 'leave'; readonly why: CaseLeaving }

/** Where either side may end a case, one of them gives the other so long: both would pay for the same. */
export const TURN_SEC = 3_600

export function act(
  action: CaseAction,
  { bySec, stake = 0n, isDeeper = false }: Partial<Omit<Extract<CaseMove, { type: 'act' }>, 'type' | 'action'>> = {}
): CaseMove {
  return { type: 'act', action, bySec, stake, isDeeper }
}

export function wait(why: CaseWaiting, untilSec: UnixSec, missing: Wei = 0n): CaseMove {
  return { type: 'wait', why, untilSec, missing }
}

export function leave(why: CaseLeaving): CaseMove {
  return { type: 'leave', why }
}

/**
 * A step that stakes more: taken if it is worth it, and waited for while the tokens are not there.
 *
 * @param gas what it takes from here to the end
 */
export function actDeeper(
  standing: CaseStanding,
  action: CaseAction,
  { quanta, gas, bySec }: { quanta: number; gas: bigint; bySec: UnixSec }
): CaseMove {
  const { policy, atRisk, quantum, staked, purse, spentWei, feePerGasWei } = standing
  const stake = quantum * BigInt(quanta)
  const why = whyNotWorth(policy, { amount: atRisk, stake: staked + stake, gas, feePerGasWei, spentWei })
  if (why !== undefined) return leave(why)
  if (purse < stake) return wait('stake', bySec, stake - purse)
  return act(action, { bySec, stake, isDeeper: true })
}

/** Whether a side would win before a jury of its own mind. Who would not puts no more into a case, even if it is in it. */
export function isConvinced({ side, facts, evidence }: Pick<CaseStanding, 'side' | 'facts' | 'evidence'>): boolean {
  const isForReceipt = (side === 'plaintiff') === (facts.kind === 'claim')
  return evidence.opinion === (isForReceipt ? 'right' : 'wrong')
}

/** What a side has staked on a case so far, in quanta. Demands count: they go to whoever answers. */
export function stakedQuanta(
  { round, phase, flags, demands }: Pick<CaseState, 'round' | 'phase' | 'flags' | 'demands'>,
  side: CaseSide
): number {
  if (phase === 'open' || phase === 'demanded') {
    return side === 'plaintiff' ? stakeQuanta(0) : demands * COURT_RULES.dataQuanta
  }
  const isStaked = side === 'plaintiff' ? flags.plaintiffStaked : flags.defendantStaked
  const rounds = phase === 'drawing' && !isStaked ? round : round + 1
  const demanded = side === 'plaintiff' ? 0 : demands * COURT_RULES.dataQuanta
  return Array.from({ length: rounds }, (_, of) => stakeQuanta(of)).reduce((sum, quanta) => sum + quanta, demanded)
}
