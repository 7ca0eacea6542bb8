import { CodedError, type Field, fromHex, isCodedError, isHex, type Struct, toHex, wei } from '@archipel/protocol'
import { decodeContentCid, parseContentCid } from '../content/cid.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * JSON of a protocol struct, for people and other tools: amounts as decimal strings, hashes and addresses as lower-case
 * hex, CIDs as text. One value has exactly one form.
 */
export function structToJson<T>(type: Struct<T>, value: T): { readonly [key: string]: Json } {
  const fields = Object.entries(type.fields)
  return Object.fromEntries(fields.map(([key, field]) => [key, toJson(field, (value as Record<string, unknown>)[key])]))
}

/**
 * Strict inverse of {@link structToJson}: same keys, same bounds as on the wire, and no second spelling of anything.
 *
 * @throws CodedError E_BUNDLE_INVALID naming the path
 */
export function structFromJson<T>(type: Struct<T>, json: unknown, path: string): T {
  const plain = toWire(type, json, path)
  try {
    return type.fromWire(plain, path)
  } catch (err) {
    if (!isCodedError(err) || err.code !== 'E_MALFORMED') throw err
    throw invalid(String(err.facts.path), String(err.facts.expected))
  }
}

/** Lower-case hex of exactly so many bytes. @throws CodedError E_BUNDLE_INVALID */
export function hexFromJson<T extends `0x${string}`>(json: unknown, bytesLength: number, path: string): T {
  if (isHex(json, bytesLength) && json === json.toLowerCase()) return json as T
  throw invalid(path, `${bytesLength} bytes as lower-case hex`)
}

/** @throws CodedError E_BUNDLE_INVALID */
export function amountFromJson(json: unknown, path: string): bigint {
  if (typeof json !== 'string' || !/^(?:0|[1-9]\d{0,38})$/.test(json) || BigInt(json) >> 128n !== 0n) {
    throw invalid(path, 'an amount below 2^128 as a decimal string')
  }
  return BigInt(json)
}

export function invalid(path: string, expected: string): CodedError {
  return new CodedError('E_BUNDLE_INVALID', `the bundle is malformed at ${path}: expected ${expected}`, {
    facts: { path, expected },
    hint: 'it was changed or cut short, or made by another version: get it again from its buyer'
  })
}

function toJson(field: Field<unknown>, value: unknown): Json {
  if (isStruct(field)) return structToJson(field, value)
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? bytesToJson(value) : (value as Json)
}

function toWire(field: Field<unknown>, json: unknown, path: string): unknown {
  if (isStruct(field)) {
    if (!isRecord(json)) throw invalid(path, `a ${field.type}`)
    // Keys that are not known stay: the schema refuses them.
    return Object.fromEntries(
      Object.entries(json).map(([key, value]) => {
        const inner = Object.hasOwn(field.fields, key) ? field.fields[key] : undefined
        return [key, inner === undefined ? value : toWire(inner, value, `${path}.${key}`)]
      })
    )
  }
  switch (field.type) {
    case 'address':
      return fromHex(hexFromJson(json, 20, path))
    case 'bytes32':
      return fromHex(hexFromJson(json, 32, path))
    case 'uint128':
      return wei.toWire(amountFromJson(json, path))
    case 'bytes':
      return bytesFromJson(json, path)
    default:
      return json
  }
}

/** All byte strings of the protocol are CIDs, or empty for none; what a dishonest peer put there instead stays hex. */
function bytesToJson(bytes: Uint8Array): string {
  if (bytes.length === 0) return ''
  return cidText(bytes) ?? toHex(bytes)
}

function bytesFromJson(json: unknown, path: string): Uint8Array {
  if (json === '') return new Uint8Array(0)
  try {
    const bytes = isHex(json) ? fromHex(json) : parseContentCid(String(json)).bytes
    if (bytesToJson(bytes) === json) return bytes
  } catch {
    // Neither.
  }
  throw invalid(path, 'a CID')
}

function cidText(bytes: Uint8Array): string | undefined {
  try {
    return decodeContentCid(bytes).toString()
  } catch {
    return undefined
  }
}

function isStruct(field: Field<unknown>): field is Struct<unknown> {
  return 'fields' in field
}

export function isRecord(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
