import { type Address, sameHex, type Wei } from '@archipel/protocol'
import { type Slashable, sharesOf } from '../chain/index.ts'
import { type FaultRecord, lostOf, owedOf, type Passed } from './fault.ts'

/** What an account does about faults. */
export interface ReportRules {
  /** Default `worthwhile`: a report that costs more than it brings is not sent. `always`: it is sent at any cost. */
  readonly report?: 'worthwhile' | 'always' | 'never' | undefined
  /** Tokens that one whole native coin is worth. Default {@link COIN_PRICE_GUESS}. */
  readonly coinPrice?: Wei | undefined
}

/** What the chain says about a fault and about the bond behind it. */
export interface FaultFacts extends Slashable {
  /** Who answers for the key. */
  readonly owner: Address | undefined
}

export type Judgement =
  /** Nothing is left to be taken for it. */
  | { readonly type: 'over' }
  | { readonly type: 'pass'; readonly why: Passed }
  /** A report would be taken now. */
  | { readonly type: 'report'; readonly gain: Wei }

const WEI_PER_COIN = 10n ** 18n
/**
 * Tokens that a native coin is taken to be worth where nobody says. Guessed high on purpose: a network's token is worth
 * about a dollar, and no coin that gas is paid in is worth so many. So a guess loses rewards, and no money.
 */
export const COIN_PRICE_GUESS: Wei = 10_000n * WEI_PER_COIN

/** What there is to do about a fault. Pure; what it costs is weighed after, by {@link isWorth}. */
export function judge(fault: FaultRecord, facts: FaultFacts, me: Address, rules: ReportRules): Judgement {
  const known = { ...fault, compensated: facts.compensated }
  if (facts.punished && owedOf(known) === 0n) return { type: 'over' }
  if (facts.owner === undefined) return { type: 'pass', why: 'unbacked' }
  const { paidHarmed, paidReporter, burned } = sharesOf(facts, lostOf(fault))
  // What burns nothing, the contract does not take.
  if (burned === 0n) return { type: 'pass', why: 'empty' }
  if (rules.report === 'never') return { type: 'pass', why: 'off' }
  const isOurs = fault.harm !== undefined && sameHex(fault.harm.channel.payer, me)
  return { type: 'report', gain: paidReporter + (isOurs ? paidHarmed : 0n) }
}

/** Whether a report that brings `gain` tokens is worth what it costs. */
export function isWorth(gain: Wei, costWei: Wei, { report, coinPrice = COIN_PRICE_GUESS }: ReportRules): boolean {
  return report === 'always' || costWei * coinPrice < gain * WEI_PER_COIN
}

/** Most that may be offered for a unit of gas, so that fees that rise meanwhile cannot eat up the gain; in wei. */
export function feePerGasMax(
  gain: Wei,
  gas: bigint,
  { report, coinPrice = COIN_PRICE_GUESS }: ReportRules
): bigint | undefined {
  if (report === 'always' || coinPrice === 0n) return undefined
  return (gain * WEI_PER_COIN) / (gas * coinPrice)
}
