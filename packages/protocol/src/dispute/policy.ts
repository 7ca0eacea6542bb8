import type { Wei } from '../primitives/hex.ts'

/** How far a party goes to court for its money, and no farther. */
export interface DisputePolicy {
  /** False: nothing is sent; what would be is told. */
  readonly isAutomatic: boolean
  /** Least amount of the channel's token that a case is opened or contested for. */
  readonly amountMin: Wei
  /** Most that is staked on one case over all of its rounds, in the court's stake token. */
  readonly stakeMax: Wei
  /** Most that the transactions of one case may cost, in the native coin. */
  readonly feeWeiMax: bigint
  /** Tokens that one native coin is worth; with it nothing is begun whose fees are above their share. */
  readonly coinPrice: Wei | undefined
  /** Largest share of what a case is about that its fees may come to, above 0 up to 1. */
  readonly feeShareMax: number
  /** How long the other side may be silent about money before that is a case, seconds of the chain's time. */
  readonly graceSec: number
}

/** A buyer is a light client that comes and goes: it is given until after the next night. */
export const CLAIM_GRACE_SEC = 12 * 3600

/** What a case costs whoever opens it and nobody contests it: a claim and a finalise, a little above what tests measure. */
export const CASE_GAS = 220_000n
/** What a contested one costs one side from its challenge to its end: contest, secret, tally, finalise. */
export const CONTEST_GAS = 320_000n

const WEI_PER_COIN = 10n ** 18n
/** Shares are weighed in millionths: bigints know no fractions. */
const MILLION = 1_000_000n

/** Why a case is not worth it. */
export type NotWorth = 'small' | 'fees' | 'stake'

export interface Prospect {
  /** What is won, or not lost, in the channel's token. */
  readonly amount: Wei
  /** Staked already and about to be staked, in the stake token. */
  readonly stake: Wei
  /** Gas that it takes to the end. */
  readonly gas: bigint
  /** What a unit of gas costs now, wei. */
  readonly feePerGasWei: bigint
  /** What transactions of this case have cost so far, wei. */
  readonly spentWei: bigint
}

/** @returns why a step is not worth taking; undefined when it is */
export function whyNotWorth(policy: DisputePolicy, prospect: Prospect): NotWorth | undefined {
  const { amount, stake, gas, feePerGasWei, spentWei } = prospect
  if (amount < policy.amountMin || amount === 0n) return 'small'
  if (stake > policy.stakeMax) return 'stake'
  const feeWei = gas * feePerGasWei
  if (spentWei + feeWei > policy.feeWeiMax) return 'fees'
  if (policy.coinPrice === undefined) return undefined
  const feeTokens = (feeWei * policy.coinPrice + WEI_PER_COIN - 1n) / WEI_PER_COIN
  return feeTokens * MILLION <= amount * millionths(policy) ? undefined : 'fees'
}

/**
 * Most that may be offered for a unit of gas in a step that takes `gas`, so that the policy holds even if fees rise until it
 * is mined, in wei.
 */
export function feePerGasMaxOf(
  policy: DisputePolicy,
  { amount, gas, spentWei }: Pick<Prospect, 'amount' | 'gas' | 'spentWei'>
): bigint {
  const left = policy.feeWeiMax > spentWei ? policy.feeWeiMax - spentWei : 0n
  const byBudget = left / gas
  if (policy.coinPrice === undefined || policy.coinPrice === 0n) return byBudget
  const byShare = (amount * millionths(policy) * WEI_PER_COIN) / (MILLION * gas * policy.coinPrice)
  return byShare < byBudget ? byShare : byBudget
}

const millionths = ({ feeShareMax }: Pick<DisputePolicy, 'feeShareMax'>): bigint =>
  BigInt(Math.floor(feeShareMax * Number(MILLION)))
