import { CodedError } from '../errors.ts'
import { CREDENTIAL_TTL_SEC_MAX } from '../limits.ts'
import { keccak } from '../primitives/bytes.ts'
import { type Address, type Hash, sameHex, toHex, type UnixSec, ZERO_ADDRESS } from '../primitives/hex.ts'
import { type Recover, type SigningDomain, verify } from '../signature/index.ts'
import { type Claims, decodeClaims } from './claims.ts'
import { type Credential, type CredentialBundle, credentialType, schemaHash } from './credential.ts'

export interface CredentialContext {
  domain: SigningDomain
  recover: Recover
  nowSec: UnixSec
  /** Whom it has to be about. */
  subject?: Address | undefined
}

/** What the chain knows of a Credential and its issuer. */
export interface CredentialFacts {
  /** The word of the issuer's bitmap that {@link revocationBit} names. */
  readonly revokedWord: bigint
  /** Since when the issuer's key is not to be believed; 0 if it is. */
  readonly compromisedSince: UnixSec
  /** When the issuer anchored this Credential's digest; 0 if it did not. */
  readonly anchoredAt: UnixSec
}

/** Where a Credential's revocation bit is. */
export function revocationBit(index: bigint): { readonly word: bigint; readonly bit: number } {
  return { word: index >> 8n, bit: Number(index & 0xffn) }
}

/**
 * Checks all of a Credential that needs no chain: cheap things first, the signature last.
 *
 * @returns its digest and what it says
 * @throws SchemaError; CodedError E_CREDENTIAL_ABSURD, E_CREDENTIAL_NOT_YET, E_CREDENTIAL_EXPIRED,
 * E_CREDENTIAL_OTHER_SUBJECT, E_CREDENTIAL_MISMATCH (schema or claims are not those that were signed), E_BAD_SIGNATURE
 */
export function validateCredential(
  { credential, signature, schema, claims }: CredentialBundle,
  context: CredentialContext
): { digest: Hash; claims: Claims } {
  checkShape(credential)
  checkTime(credential, context.nowSec)
  if (context.subject !== undefined && !sameHex(credential.subject, context.subject)) {
    throw new CodedError('E_CREDENTIAL_OTHER_SUBJECT', 'the credential is about somebody else', {
      facts: { subject: credential.subject, expected: context.subject }
    })
  }
  if (!sameHex(credential.schema, schemaHash(schema))) mismatch(credential, 'schema')
  if (!sameHex(credential.claims, toHex(keccak(claims)))) mismatch(credential, 'claims')
  const says = decodeClaims(claims)
  const { domain, recover } = context
  const { digest } = verify({ body: credential, signature }, credential.issuer, {
    domain,
    recover,
    type: credentialType
  })
  return { digest, claims: says }
}

/**
 * Checks a Credential against what the chain says, as `Credentials.statusOf` does.
 *
 * @throws CodedError E_CREDENTIAL_REVOKED, E_CREDENTIAL_KEY_COMPROMISED
 */
export function validateCredentialFacts({ issuer, index }: Credential, facts: CredentialFacts): void {
  const { revokedWord, compromisedSince, anchoredAt } = facts
  if ((revokedWord >> BigInt(revocationBit(index).bit)) & 1n) {
    throw new CodedError('E_CREDENTIAL_REVOKED', `${issuer} revoked credential ${index}`, { facts: { issuer, index } })
  }
  // A stolen key signs any date: what it signed counts only where a block shows it from before.
  if (compromisedSince !== 0 && (anchoredAt === 0 || anchoredAt >= compromisedSince)) {
    throw new CodedError('E_CREDENTIAL_KEY_COMPROMISED', `the key of ${issuer} is not to be believed`, {
      facts: { issuer, index, compromisedSince, anchoredAt },
      hint: 'ask the issuer for a new one, under another key'
    })
  }
}

function checkShape({ issuer, subject, issuedAt, expiresAt }: Credential): void {
  const absurd = (why: string): never => {
    throw new CodedError('E_CREDENTIAL_ABSURD', `the credential of ${issuer} is absurd: ${why}`, {
      facts: { issuer, why }
    })
  }
  if (sameHex(issuer, ZERO_ADDRESS) || sameHex(subject, ZERO_ADDRESS)) absurd('the zero address is nobody')
  if (expiresAt <= issuedAt) absurd('it expires before it holds')
  if (expiresAt - issuedAt > CREDENTIAL_TTL_SEC_MAX) absurd('it holds for too long')
}

function checkTime({ issuer, index, issuedAt, expiresAt }: Credential, nowSec: UnixSec): void {
  const facts = { issuer, index, issuedAt, expiresAt, nowSec }
  if (nowSec < issuedAt) throw new CodedError('E_CREDENTIAL_NOT_YET', 'the credential does not hold yet', { facts })
  if (nowSec >= expiresAt) throw new CodedError('E_CREDENTIAL_EXPIRED', 'the credential has expired', { facts })
}

function mismatch({ issuer, index }: Credential, what: string): never {
  throw new CodedError('E_CREDENTIAL_MISMATCH', `its ${what} are not those that ${issuer} signed`, {
    facts: { issuer, index, what }
  })
}
