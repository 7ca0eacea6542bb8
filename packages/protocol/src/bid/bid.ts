import type { Demand } from '../demand/demand.ts'
import { RECEIPTS_PER_AGREEMENT_MAX } from '../limits.ts'
import { FUEL_PER_SEC } from '../measure/measure.ts'
import { address, hash, type Infer, struct, uint, wei } from '../schema/index.ts'

/** A provider's priced answer to one Demand, binding until it expires. */
export const bidType = struct('Bid', {
  /** Digest of the Demand. */
  demand: hash(),
  provider: address(),
  /** Where the channel must pay: the operator's address. */
  payee: address(),
  startup: wei,
  /** Per 10¹² of fuel where the Demand bounds fuel, else per second of running time. */
  rate: wei,
  priceMax: wei,
  /** The provider works this long on credit; of fuel, `FUEL_PER_SEC` for each second. */
  tickSec: uint(32),
  expiresAt: uint(64)
})
export type Bid = Infer<typeof bidType>

/**
 * Shortest tick, in seconds, with which a job stays within its receipts: one every half tick of time or of fuel, so that the
 * payment for one is back before the credit ends, and the final one.
 */
export function tickSecMin({ durationSec, fuel }: Pick<Demand, 'durationSec' | 'fuel'>): number {
  const sec = durationSec + fuel / FUEL_PER_SEC
  return Math.max(1, Math.ceil((2 * sec) / (RECEIPTS_PER_AGREEMENT_MAX - 1)))
}
