import { RECEIPTS_PER_AGREEMENT_MAX } from '../limits.ts'
import { address, hash, type Infer, struct, uint, wei } from '../schema/index.ts'

/** A provider's priced answer to one Demand, binding until it expires. */
export const bidType = struct('Bid', {
  /** Digest of the Demand. */
  demand: hash(),
  provider: address(),
  /** Where the channel must pay: the operator's address. */
  payee: address(),
  startup: wei,
  perSec: wei,
  priceMax: wei,
  tickSec: uint(32),
  expiresAt: uint(64)
})
export type Bid = Infer<typeof bidType>

/**
 * Shortest tick, in seconds, with which a job of `durationSec` stays within its receipts: a receipt every half tick, so
 * that the payment for one is back before the credit ends, and the final one.
 */
export function tickSecMin(durationSec: number): number {
  return Math.max(1, Math.ceil((2 * durationSec) / (RECEIPTS_PER_AGREEMENT_MAX - 1)))
}
