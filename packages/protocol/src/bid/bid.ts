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
