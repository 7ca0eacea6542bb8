import type { Address, UnixSec } from '../primitives/hex.ts'
import { address, type Infer, struct, uint } from '../schema/index.ts'
import { createSigningDomain, type Signed, type Signer, type SigningDomain, sign } from '../signature/index.ts'

/**
 * "Since then my key is not mine alone." Signed ahead and put away, it is there when the key is not, or when the account
 * has no coin left to pay for gas: whoever has it can hand it to the contract `Credentials`.
 */
export const keyCompromiseType = struct('KeyCompromise', {
  issuer: address(),
  /** UNIX second from which nothing that the key signed counts. */
  since: uint(64)
})
export type KeyCompromise = Infer<typeof keyCompromiseType>
export type SignedKeyCompromise = Signed<KeyCompromise>

export const CREDENTIALS_DOMAIN_NAME = 'Archipel Credentials'

/**
 * What is signed towards the Credentials contract: its own domain, not the escrow's.
 *
 * @throws RangeError as {@link createSigningDomain} does
 */
export function createCredentialsDomain(chainId: number, credentials: Address): SigningDomain {
  return createSigningDomain(chainId, credentials, CREDENTIALS_DOMAIN_NAME)
}

export function declareCompromise(signer: Signer, since: UnixSec, domain: SigningDomain): SignedKeyCompromise {
  return sign(signer, domain, keyCompromiseType, { issuer: signer.address, since })
}
