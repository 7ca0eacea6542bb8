import type { Address } from '../primitives/hex.ts'
import { address, type Infer, struct } from '../schema/index.ts'
import {
  createSigningDomain,
  type Recover,
  type Signed,
  type Signer,
  type SigningDomain,
  sign,
  verify
} from '../signature/index.ts'

/** A node key's word that `owner` answers for it: what the Bonds contract registers the key by. Signed by `key`. */
export const keyPossessionType = struct('KeyPossession', {
  /** The node key's address. */
  key: address(),
  /** Whose bond pays for what the key signs; sends the registration itself. */
  owner: address()
})
export type KeyPossession = Infer<typeof keyPossessionType>
export type SignedKeyPossession = Signed<KeyPossession>

export const BONDS_DOMAIN_NAME = 'Archipel Bonds'

/**
 * What is signed towards the Bonds contract: its own domain, not the escrow's.
 *
 * @throws RangeError as {@link createSigningDomain} does
 */
export function createBondsDomain(chainId: number, bonds: Address): SigningDomain {
  return createSigningDomain(chainId, bonds, BONDS_DOMAIN_NAME)
}

/** Lets `owner` register the signer's key. Nobody else can use the proof. */
export function proveKeyPossession(key: Signer, owner: Address, domain: SigningDomain): SignedKeyPossession {
  return sign(key, domain, keyPossessionType, { key: key.address, owner })
}

/** @throws CodedError E_BAD_SIGNATURE: not by the key it names, or for another chain or contract */
export function validateKeyPossession(
  possession: SignedKeyPossession,
  { domain, recover }: { domain: SigningDomain; recover: Recover }
): void {
  verify(possession, possession.body.key, { domain, recover, type: keyPossessionType })
}
