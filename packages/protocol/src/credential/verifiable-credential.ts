import { CodedError } from '../errors.ts'
import { CREDENTIAL_JSON_CHARS_MAX, CREDENTIAL_SIGNATURE_BYTES_MAX, SCHEMA_BYTES_MAX } from '../limits.ts'
import { type Address, fromHex, type Hex, isHex, sameHex, toHex, type UnixSec } from '../primitives/hex.ts'
import { createSigningDomain, DOMAIN_NAME, DOMAIN_VERSION, type SigningDomain } from '../signature/index.ts'
import { type Claims, decodeClaims, encodeClaims } from './claims.ts'
import { type Credential, type CredentialBundle, draftCredential } from './credential.ts'
import { accountIdOf, accountOfDid, didOf } from './did.ts'
import {
  ARCHIPEL_CONTEXT,
  VC_CONTEXT,
  VC_EIP712_TYPES,
  VC_PROOF_TYPE,
  VC_SCHEMA_TYPE,
  VC_STATUS_TYPE,
  VC_TYPE
} from './vc-context.ts'

/** Where a Credential is at home. */
export interface CredentialPlace {
  readonly domain: SigningDomain
  /** The contract `Credentials` that holds its issuer's revocation bitmap. */
  readonly credentials: Address
}

export type VerifiableCredential = ReturnType<typeof toVerifiableCredential>

/**
 * A Credential as a W3C Verifiable Credential (Data Model 2.0, https://www.w3.org/TR/vc-data-model-2.0/).
 *
 * The proof is what was signed, the EIP-712 message, and is of a type of our own: there is no registered one that fits,
 * since what is signed are digests and not this document. A verifier that does not know it has to refuse the document,
 * and none can take it for checked. Who wants to check it does what `verifiedBy` says: nothing in it but the message
 * counts, and the message holds the digest of each part of the rest. {@link fromVerifiableCredential} does all that.
 *
 * @throws CodedError E_VC_UNFIT for what that model cannot say: a schema that is no URI, a time after the year 9999
 */
export function toVerifiableCredential(bundle: CredentialBundle, { domain, credentials }: CredentialPlace) {
  const { credential, schema } = bundle
  if (!/^[a-zA-Z][a-zA-Z0-9+.-]*:\S+$/.test(schema)) unfit('its schema is not named by a URI', { schema })
  const { chainId, verifyingContract } = domain
  const issuer = didOf(chainId, credential.issuer)
  const index = credential.index.toString()
  return {
    '@context': [VC_CONTEXT, ARCHIPEL_CONTEXT],
    type: ['VerifiableCredential', VC_TYPE],
    issuer,
    validFrom: toDateTime(credential.issuedAt),
    validUntil: toDateTime(credential.expiresAt),
    credentialSchema: { id: schema, type: VC_SCHEMA_TYPE },
    credentialSubject: { id: didOf(chainId, credential.subject), claims: decodeClaims(bundle.claims) },
    credentialStatus: {
      type: VC_STATUS_TYPE,
      statusPurpose: 'revocation',
      bitmapContract: accountIdOf(chainId, credentials),
      bitmapIndex: index
    },
    proof: {
      type: VC_PROOF_TYPE,
      proofPurpose: 'assertionMethod',
      verificationMethod: `${issuer}#blockchainAccountId`,
      eip712: {
        domain: { name: DOMAIN_NAME, version: DOMAIN_VERSION, chainId, verifyingContract },
        types: VC_EIP712_TYPES,
        primaryType: 'Credential' as const,
        message: { ...credential, index }
      },
      signature: toHex(bundle.signature),
      verifiedBy: {
        signature: 'EIP-712 by the issuer, secp256k1 (EIP-2098) or ERC-1271',
        schema: 'message.schema = keccak256(credentialSchema.id)',
        claims: 'message.claims = keccak256(dag-cbor(credentialSubject.claims))',
        rest: 'issuer, credentialSubject.id, validFrom, validUntil and bitmapIndex equal those of the message',
        onChain: `statusOf(message, signature) of ${accountIdOf(chainId, credentials)}`
      }
    }
  }
}

/**
 * Strict inverse of {@link toVerifiableCredential}: takes nothing else, so that no part of a document can say more than
 * what its issuer signed. The signature is not checked here: give the bundle to `validateCredential`.
 *
 * @param document JSON text
 * @throws CodedError E_VC_MALFORMED; SchemaError for claims out of bounds
 */
export function fromVerifiableCredential(document: string): CredentialBundle & { place: CredentialPlace } {
  const read = readDocument(document)
  const place = {
    domain: createSigningDomain(read.chainId, read.escrow),
    credentials: read.credentials
  }
  const { issuer, schema, claims, signature, ...draft } = read.parts
  const credential: Credential = draftCredential(issuer, { ...draft, schema, claims })
  const bundle = { credential, signature: fromHex(signature), schema, claims: encodeClaims(claims) }
  // Everything that is not a value of its own follows from those, the message that was signed above all.
  if (!sameJson(toVerifiableCredential(bundle, place), read.json)) {
    malformed('it says something else than what was signed, or is not written as we write it')
  }
  return { ...bundle, place }
}

interface Parts {
  readonly issuer: Address
  readonly subject: Address
  readonly schema: string
  readonly claims: Claims
  readonly issuedAt: UnixSec
  readonly expiresAt: UnixSec
  readonly index: bigint
  readonly signature: Hex
}

function readDocument(document: string): {
  json: unknown
  parts: Parts
  chainId: number
  escrow: Address
  credentials: Address
} {
  if (document.length > CREDENTIAL_JSON_CHARS_MAX) malformed('it is too long')
  let json: unknown
  try {
    json = JSON.parse(document)
  } catch {
    return malformed('it is not JSON')
  }
  const { chainId, account: issuer } = accountOfDid(at(json, 'issuer'))
  const escrow = at(json, 'proof', 'eip712', 'domain', 'verifyingContract')
  const signature = at(json, 'proof', 'signature')
  const schema = at(json, 'credentialSchema', 'id')
  const index = at(json, 'credentialStatus', 'bitmapIndex')
  if (!isHex(escrow, 20) || !isHex(signature)) return malformed('its proof is not hex')
  if (signature.length > 2 + 2 * CREDENTIAL_SIGNATURE_BYTES_MAX) return malformed('its signature is too long')
  if (typeof schema !== 'string' || schema.length > SCHEMA_BYTES_MAX) return malformed('its schema has no name')
  if (typeof index !== 'string' || !/^(?:0|[1-9][0-9]{0,77})$/.test(index)) return malformed('it has no number')
  const parts: Parts = {
    issuer,
    subject: accountOfDid(at(json, 'credentialSubject', 'id')).account,
    schema,
    claims: at(json, 'credentialSubject', 'claims') as Claims,
    issuedAt: fromDateTime(at(json, 'validFrom')),
    expiresAt: fromDateTime(at(json, 'validUntil')),
    index: BigInt(index),
    signature
  }
  const { account: credentials } = accountOfDid(at(json, 'credentialStatus', 'bitmapContract'))
  return { json, parts, chainId, escrow, credentials }
}

/** What a document has at a path of names; undefined where it has nothing. */
function at(json: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (part, name) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, name)
        ? (part as Record<string, unknown>)[name]
        : undefined,
    json
  )
}

/** Last second that has four digits for its year. */
const LAST_SEC = 253_402_300_799

function toDateTime(sec: UnixSec): string {
  if (sec > LAST_SEC) unfit('its times are too far ahead', { sec })
  return new Date(sec * 1000).toISOString().replace('.000Z', 'Z')
}

function fromDateTime(text: unknown): UnixSec {
  const sec = typeof text === 'string' ? Date.parse(text) / 1000 : Number.NaN
  if (!Number.isSafeInteger(sec) || sec < 0) malformed('its times are not seconds')
  return sec
}

/** Equal as JSON, whatever the order of names and the letter case of hex. */
function sameJson(ours: unknown, theirs: unknown): boolean {
  if (typeof ours === 'string' && typeof theirs === 'string') {
    return ours === theirs || (isHex(ours) && isHex(theirs) && sameHex(ours, theirs))
  }
  if (typeof ours !== 'object' || typeof theirs !== 'object' || ours === null || theirs === null) return ours === theirs
  if (Array.isArray(ours) !== Array.isArray(theirs)) return false
  const [a, b] = [ours as Record<string, unknown>, theirs as Record<string, unknown>]
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length && names.every(name => Object.hasOwn(b, name) && sameJson(a[name], b[name]))
  )
}

function unfit(why: string, facts: Record<string, unknown>): never {
  throw new CodedError('E_VC_UNFIT', `the credential cannot be written as a W3C one: ${why}`, { facts })
}

function malformed(why: string): never {
  throw new CodedError('E_VC_MALFORMED', `not a credential of ours in W3C form: ${why}`, { facts: { why } })
}
