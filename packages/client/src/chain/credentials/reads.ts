import {
  type Address,
  type Credential,
  type CredentialFacts,
  type Hash,
  type Hex,
  revocationBit,
  toHex,
  type UnixSec
} from '@archipel/protocol'
import { credentialsInterface, read } from '../contract/interfaces.ts'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'

/** What the contract thinks of a credential, in the order in which it looks. Only `valid` is good news. */
export type CredentialStatus = 'unsigned' | 'not-yet-valid' | 'expired' | 'revoked' | 'key-compromised' | 'valid'

/** In the order of the contract's enum. */
const STATUSES: readonly CredentialStatus[] = [
  'unsigned',
  'not-yet-valid',
  'expired',
  'revoked',
  'key-compromised',
  'valid'
]

/** Questions about credentials that need no key. They throw what {@link Rpc.agree} throws. */
export interface CredentialsReads {
  /** Everything at once, contract accounts as issuers too; at the chain's time. */
  credentialStatus(credential: Credential, signature: Uint8Array, options?: CallOptions): Promise<CredentialStatus>
  /** What `validateCredentialFacts` asks for. */
  credentialFacts(credential: Credential, digest: Hash, options?: CallOptions): Promise<CredentialFacts>
  /** 256 revocation bits of an issuer. */
  revokedWord(issuer: Address, word: bigint, options?: CallOptions): Promise<bigint>
  /** Since when the issuer's key is not to be believed; 0 if it is. */
  compromisedSince(issuer: Address, options?: CallOptions): Promise<UnixSec>
  /** When the issuer first stood by a digest; 0 if it never did. */
  anchoredAt(issuer: Address, digest: Hash, options?: CallOptions): Promise<UnixSec>
}

/** @param credentials the Credentials contract */
export function createCredentialsReads(rpc: Rpc, credentials: Address): CredentialsReads {
  const ask = async (method: string, args: readonly unknown[], options?: CallOptions): Promise<bigint> =>
    BigInt((await read(rpc, { to: credentials, via: credentialsInterface, method, args }, options))[0])

  const reads: CredentialsReads = {
    async credentialStatus(credential, signature, options) {
      const status = await ask('statusOf', [structOf(credential), toHex(signature)], options)
      return STATUSES[Number(status)] ?? 'unsigned'
    },
    async credentialFacts({ issuer, index }, digest, options) {
      const [revokedWord, compromisedSince, anchoredAt] = await Promise.all([
        reads.revokedWord(issuer, revocationBit(index).word, options),
        reads.compromisedSince(issuer, options),
        reads.anchoredAt(issuer, digest, options)
      ])
      return { revokedWord, compromisedSince, anchoredAt }
    },
    revokedWord: (issuer, word, options) => ask('revokedWord', [issuer, word], options),
    compromisedSince: async (issuer, options) => Number(await ask('compromisedSince', [issuer], options)),
    anchoredAt: async (issuer, digest, options) => Number(await ask('anchoredAt', [issuer, digest], options))
  }
  return reads
}

/** In the order of the Solidity struct's fields, as ethers wants them. */
function structOf({ issuer, subject, schema, claims, issuedAt, expiresAt, index }: Credential): readonly unknown[] {
  return [issuer, subject, schema, claims, issuedAt, expiresAt, index] satisfies (Hex | number | bigint)[]
}
