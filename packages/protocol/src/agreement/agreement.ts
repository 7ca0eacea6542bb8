import { hash, type Infer, struct } from '../schema/index.ts'
import { type Signed, signed } from '../signature/index.ts'

/**
 * Demand + Bid, bound to the channel that pays. The provider signed the Bid, the buyer signs this:
 * both have signed, and its digest is the agreement's id on and off chain.
 */
export const agreementType = struct('Agreement', {
  /** Digest of the Demand. */
  demand: hash(),
  /** Digest of the Bid. */
  bid: hash(),
  /** Channel id. */
  channel: hash()
})
export type Agreement = Infer<typeof agreementType>
export const signedAgreementType = signed(agreementType)
export type SignedAgreement = Signed<Agreement>
