import type { Wei } from '@archipel/protocol'

/** What redeeming costs, and what of it an operator puts up with. Amounts of tokens unless the name says otherwise. */
export interface Economy {
  /** Tokens that one whole native coin is worth to the operator. Without it costs cannot be weighed, and are not. */
  readonly coinPrice: Wei | undefined
  /** Largest share of what a transaction brings that it may cost, above 0 up to 1. */
  readonly feeShareMax: number
}

/** Gas of a redemption: what any has, and what each channel adds. A little above what the contract's tests measure. */
export const GAS_BASE = 28_000n
export const GAS_PER_CHANNEL = 13_500n
const WEI_PER_COIN = 10n ** 18n
/** Shares are weighed in millionths: bigints know no fractions. */
const MILLION = 1_000_000n

/** What a transaction that redeems `channels` channels costs, in tokens, rounded up. Zero where costs are not weighed. */
export function costOf(channels: number, feePerGasWei: bigint, { coinPrice }: Economy): Wei {
  const gas = GAS_BASE + GAS_PER_CHANNEL * BigInt(channels)
  return toTokens(gas * feePerGasWei, coinPrice ?? 0n)
}

/** True when a transaction that brings `payable` from `channels` channels costs no more than the operator's share of it. */
export function isWorth(payable: Wei, channels: number, feePerGasWei: bigint, economy: Economy): boolean {
  return costOf(channels, feePerGasWei, economy) * MILLION <= payable * millionths(economy)
}

/** True when one more channel in a transaction that is sent anyway pays for itself. */
export function isWorthAdding(payable: Wei, feePerGasWei: bigint, economy: Economy): boolean {
  return toTokens(GAS_PER_CHANNEL * feePerGasWei, economy.coinPrice ?? 0n) * MILLION <= payable * millionths(economy)
}

/**
 * Most that may be offered for a unit of gas, so that the transaction costs no more than its share even if its fees have to
 * rise until it is mined, in wei. undefined where costs are not weighed.
 */
export function feePerGasMax(payable: Wei, channels: number, { coinPrice, ...economy }: Economy): bigint | undefined {
  if (coinPrice === undefined || coinPrice === 0n) return undefined
  const gas = GAS_BASE + GAS_PER_CHANNEL * BigInt(channels)
  return (payable * millionths(economy) * WEI_PER_COIN) / (MILLION * gas * coinPrice)
}

const millionths = ({ feeShareMax }: Pick<Economy, 'feeShareMax'>): bigint =>
  BigInt(Math.floor(feeShareMax * Number(MILLION)))

function toTokens(wei: bigint, coinPrice: Wei): Wei {
  return (wei * coinPrice + WEI_PER_COIN - 1n) / WEI_PER_COIN
}
