import { channelKeyType } from '../channel/channel.ts'
import { type Infer, struct, uint, wei } from '../schema/index.ts'
import { type Signed, signed } from '../signature/index.ts'

/**
 * Has the escrow move `amount` from the balance of the channel's payer, who signs, into the channel. Anybody may bring it
 * to the chain, so the payer needs no gas.
 */
export const openingType = struct('Opening', {
  channel: channelKeyType,
  amount: wei,
  /** Moves from the payer's balance to that of whoever brings it. */
  fee: wei,
  /** One that the payer has not used for another order, nor cancelled. */
  nonce: uint(64),
  /** UNIX second from which on it is worth nothing. */
  expiresAt: uint(64)
})
export type Opening = Infer<typeof openingType>
export const signedOpeningType = signed(openingType)
export type SignedOpening = Signed<Opening>
