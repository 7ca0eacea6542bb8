import { address, type Infer, struct, uint, wei } from '../schema/index.ts'
import { type Signed, signed } from '../signature/index.ts'

/**
 * Has the escrow send `amount` of the balance of `account`, who signs, to `to`. Anybody may bring it to the chain, so the
 * account needs no gas.
 */
export const withdrawalType = struct('Withdrawal', {
  account: address(),
  token: address(),
  to: address(),
  amount: wei,
  /** Moves from the account's balance to that of whoever brings it. */
  fee: wei,
  /** One that the account has not used for another order, nor cancelled. */
  nonce: uint(64),
  /** UNIX second from which on it is worth nothing. */
  expiresAt: uint(64)
})
export type Withdrawal = Infer<typeof withdrawalType>
export const signedWithdrawalType = signed(withdrawalType)
export type SignedWithdrawal = Signed<Withdrawal>
