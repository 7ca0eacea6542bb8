import { CLAIM_GRACE_SEC, type DisputePolicy, stakeQuanta, type Wei } from '@archipel/protocol'

/** What a person says of a {@link DisputePolicy}; the rest has defaults. */
export interface DisputeSettings {
  readonly isAutomatic?: boolean | undefined
  readonly amountMin?: Wei | undefined
  readonly stakeMax?: Wei | undefined
  readonly feeWeiMax?: bigint | undefined
  readonly graceSec?: number | undefined
  readonly coinPrice?: Wei | undefined
  readonly feeShareMax?: number | undefined
}

/** Below a token, what a case costs in gas is above what it is about on most chains. */
const AMOUNT_MIN = 10n ** 18n
/** A hundredth of a coin. */
const FEE_WEI_MAX = 10n ** 16n
/** Of what a case is about, the most that its fees may be. */
const FEE_SHARE_MAX = 0.25

/** The first jury and one appeal. */
const STAKE_QUANTA_DEFAULT = BigInt(stakeQuanta(0) + stakeQuanta(1))

/** @param quantum of the court, in its stake token */
export function policyOf(settings: DisputeSettings, quantum: Wei): DisputePolicy {
  return {
    isAutomatic: settings.isAutomatic ?? true,
    amountMin: settings.amountMin ?? AMOUNT_MIN,
    stakeMax: settings.stakeMax ?? STAKE_QUANTA_DEFAULT * quantum,
    feeWeiMax: settings.feeWeiMax ?? FEE_WEI_MAX,
    graceSec: settings.graceSec ?? CLAIM_GRACE_SEC,
    coinPrice: settings.coinPrice,
    feeShareMax: settings.feeShareMax ?? FEE_SHARE_MAX
  }
}
