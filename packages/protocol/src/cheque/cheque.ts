import { address, type Infer, struct, uint, wei } from '../schema/index.ts'
import { type Signed, signed } from '../signature/index.ts'

/**
 * Pays once, in full, from the payer's *balance* in the escrow: for a single payment that is not worth a channel.
 * There is no deposit behind it, so look at the balance before taking one for granted, and cash it soon.
 */
export const chequeType = struct('Cheque', {
  payer: address(),
  payee: address(),
  token: address(),
  /** One that the payer has not used for another order, nor cancelled. Counted up, they cost the least gas. */
  nonce: uint(64),
  amount: wei,
  /** UNIX second from which on it is worth nothing. */
  expiresAt: uint(64)
})
export type Cheque = Infer<typeof chequeType>
export const signedChequeType = signed(chequeType)
export type SignedCheque = Signed<Cheque>
