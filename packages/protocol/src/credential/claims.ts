import * as dagCbor from '@ipld/dag-cbor'
import { equals } from 'uint8arrays'
import { CLAIMS_BYTES_MAX, CLAIMS_DEPTH_MAX } from '../limits.ts'
import { keccak, plainBytes } from '../primitives/bytes.ts'
import { type Hash, toHex } from '../primitives/hex.ts'
import { SchemaError } from '../schema/index.ts'

/**
 * What a Credential says of its subject: names to values. Text, whole numbers, booleans, lists and maps, which have one
 * encoding each and look the same in JSON. Fractions are written as text or in smaller units.
 */
export type Claims = { readonly [name: string]: ClaimValue }
export type ClaimValue = string | number | boolean | readonly ClaimValue[] | Claims

/**
 * Canonical dag-cbor bytes of claims.
 *
 * @throws SchemaError for values that claims cannot hold, too deep, or above {@link CLAIMS_BYTES_MAX}
 */
export function encodeClaims(claims: Claims): Uint8Array {
  if (!isMap(claims)) throw new SchemaError('claims', 'names and values', claims)
  checkClaim(claims, 'claims', 1)
  const data = plainBytes(dagCbor.encode(claims))
  if (data.length > CLAIMS_BYTES_MAX) throw new SchemaError('claims', `at most ${CLAIMS_BYTES_MAX} bytes`, data)
  return data
}

/**
 * Strict inverse of {@link encodeClaims}.
 *
 * @throws SchemaError
 */
export function decodeClaims(data: Uint8Array): Claims {
  if (data.length > CLAIMS_BYTES_MAX) throw new SchemaError('claims', `at most ${CLAIMS_BYTES_MAX} bytes`, data)
  let claims: Claims
  try {
    claims = dagCbor.decode(data)
  } catch {
    throw new SchemaError('claims', 'dag-cbor', data)
  }
  if (!equals(encodeClaims(claims), data)) throw new SchemaError('claims', 'canonical dag-cbor', data)
  return claims
}

/** What a Credential signs of its claims: keccak256 of their canonical bytes. */
export function claimsHash(claims: Claims): Hash {
  return toHex(keccak(encodeClaims(claims)))
}

function checkClaim(value: unknown, path: string, depth: number): void {
  if (typeof value === 'boolean') return
  if (typeof value === 'string') {
    if (!value.isWellFormed() || value.startsWith('\ufeff')) throw new SchemaError(path, 'well-formed text', value)
    return
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new SchemaError(path, 'a whole number', value)
    return
  }
  if (depth > CLAIMS_DEPTH_MAX) throw new SchemaError(path, `at most ${CLAIMS_DEPTH_MAX} levels`, value)
  if (Array.isArray(value)) {
    // Not forEach: that leaves out holes.
    for (let i = 0; i < value.length; i++) checkClaim(value[i], `${path}[${i}]`, depth + 1)
  } else if (isMap(value)) {
    for (const [name, part] of Object.entries(value)) {
      checkClaim(name, path, depth)
      // Assigned by a parser, it would set the object's prototype instead of a claim.
      if (name === '__proto__') throw new SchemaError(path, 'another name', name)
      checkClaim(part, `${path}.${name.slice(0, 40)}`, depth + 1)
    }
  } else {
    throw new SchemaError(path, 'text, a whole number, true, false, a list or a map', value)
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
