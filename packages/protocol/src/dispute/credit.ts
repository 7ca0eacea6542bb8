import type { Wei } from '../primitives/hex.ts'

/** What the court remembers of a channel: which units of its `settled` were credited to claims, as an interval. */
export interface Credited {
  readonly from: Wei
  readonly to: Wei
}

/**
 * How much of a claim redeemed vouchers have paid, beyond the one that it acknowledges and not credited to other claims: as
 * `Dockets.credit` of the contracts.
 */
export function creditOf(
  { from, to }: Credited,
  { cumulative, amount }: { readonly cumulative: Wei; readonly amount: Wei },
  settled: Wei
): Wei {
  if (settled <= cumulative) return 0n
  const isNew = cumulative > to || to === 0n
  const [low, high] = isNew ? [cumulative, cumulative] : [from, to]
  const below = cumulative < low ? low - cumulative : 0n
  const above = settled > high ? settled - high : 0n
  return below + above < amount ? below + above : amount
}
