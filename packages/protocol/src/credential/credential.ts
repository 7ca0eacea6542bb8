import { CLAIMS_BYTES_MAX, CREDENTIAL_SIGNATURE_BYTES_MAX, SCHEMA_BYTES_MAX } from '../limits.ts'
import { keccak } from '../primitives/bytes.ts'
import { type Address, type Hash, toHex, type UnixSec } from '../primitives/hex.ts'
import { address, bytes, hash, type Infer, struct, text, uint, uint256 } from '../schema/index.ts'
import { encode as encodeUtf8 } from '../schema/utf8.ts'
import { type Signer, type SigningDomain, sign } from '../signature/index.ts'
import { type Claims, claimsHash, encodeClaims } from './claims.ts'

/** What an issuer signs of what it says about a provider. Status on chain: the contract `Credentials`. */
export const credentialType = struct('Credential', {
  issuer: address(),
  /** Whom it is about: a provider's address. */
  subject: address(),
  /** keccak256 of the schema's name: {@link schemaHash}. */
  schema: hash(),
  /** keccak256 of the claims' canonical bytes: {@link claimsHash}. */
  claims: hash(),
  issuedAt: uint(64),
  expiresAt: uint(64),
  /** The issuer's number for it, and its bit in the issuer's revocation bitmap. Never used twice. */
  index: uint256
})
export type Credential = Infer<typeof credentialType>

/** A Credential with all that is needed to read and to check it: what is handed on. */
export const credentialBundleType = struct('CredentialBundle', {
  credential: credentialType,
  /** 64 bytes of a plain key (EIP-2098), or whatever the issuer's contract takes (ERC-1271). */
  signature: bytes(CREDENTIAL_SIGNATURE_BYTES_MAX),
  /** Names what the claims mean: a URI. */
  schema: text(SCHEMA_BYTES_MAX),
  /** Canonical bytes: {@link decodeClaims}. */
  claims: bytes(CLAIMS_BYTES_MAX)
})
export type CredentialBundle = Infer<typeof credentialBundleType>

/** What a Credential signs of its schema's name. */
export function schemaHash(schema: string): Hash {
  return toHex(keccak(encodeUtf8(schema)))
}

/** What {@link issueCredential} is told. */
export interface CredentialDraft {
  subject: Address
  schema: string
  claims: Claims
  issuedAt: UnixSec
  expiresAt: UnixSec
  index: bigint
}

/**
 * The Credential of a draft; for issuers that sign elsewhere.
 *
 * @throws SchemaError for claims that cannot be encoded
 */
export function draftCredential(issuer: Address, draft: CredentialDraft): Credential {
  const { subject, schema, claims, issuedAt, expiresAt, index } = draft
  return { issuer, subject, schema: schemaHash(schema), claims: claimsHash(claims), issuedAt, expiresAt, index }
}

/**
 * Issues a Credential with a plain key.
 *
 * @throws SchemaError for claims or numbers that cannot be encoded
 */
export function issueCredential(signer: Signer, domain: SigningDomain, draft: CredentialDraft): CredentialBundle {
  const { body, signature } = sign(signer, domain, credentialType, draftCredential(signer.address, draft))
  return { credential: body, signature, schema: draft.schema, claims: encodeClaims(draft.claims) }
}
