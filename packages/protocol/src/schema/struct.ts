import * as dagCbor from '@ipld/dag-cbor'
import { equals } from 'uint8arrays'
import { keccak, plainBytes } from '../primitives/bytes.ts'
import {
  type CanonicalReader,
  canonicalKeys,
  MAJOR_MAP,
  notRead,
  readExactly,
  readHead,
  readWhole
} from './canonical-reader.ts'
import { SchemaError } from './error.ts'
import { type Field, type Infer, putWord } from './field.ts'
import { encode as encodeUtf8 } from './utf8.ts'

export type Value<F extends Record<string, unknown>> = { [K in keyof F]: Infer<F[K]> }

/** A named struct: an EIP-712 type and a wire form from one list of fields. */
export interface Struct<T> extends Field<T> {
  readonly fields: Readonly<Record<string, Field<unknown>>>
  /** EIP-712 encodeType: this struct's definition followed by those it refers to, sorted by name. */
  readonly encodedType: string
  /** EIP-712 hashStruct. */
  hashStruct(value: T): Uint8Array
}

/**
 * Describes a struct once. The order of `fields` is the order of the EIP-712 type.
 *
 * @example const voucherType = struct('Voucher', { channel: hash(), cumulative: wei, commitment: hash() })
 */
export function struct<F extends Record<string, Field<unknown>>>(name: string, fields: F): Struct<Value<F>> {
  const entries = Object.entries(fields) as [string, Field<unknown>][]
  const definition = `${name}(${entries.map(([key, field]) => `${field.type} ${key}`).join(',')})`
  const structs = new Map<string, string>([[name, definition]])
  for (const [, field] of entries) for (const [key, value] of field.structs) structs.set(key, value)

  const others = [...structs].filter(([key]) => key !== name).sort(([a], [b]) => (a < b ? -1 : 1))
  const encodedType = definition + others.map(([, value]) => value).join('')
  const typeHash = keccak(encodeUtf8(encodedType))

  const hashStruct = (value: Value<F>): Uint8Array => {
    const encoded = new Uint8Array(32 * (entries.length + 1))
    encoded.set(typeHash)
    for (let i = 0; i < entries.length; i++) {
      const [key, field] = entries[i] as (typeof entries)[number]
      putWord(field, value[key], encoded, 32 * (i + 1))
    }
    return keccak(encoded)
  }

  const keys = canonicalKeys(entries.map(([key]) => key))
  const readers = keys.map(({ key }) => fields[key]?.read)
  const isReadable = readers.every(read => read !== undefined)

  function read(reader: CanonicalReader): Value<F> {
    if (readHead(reader, MAJOR_MAP) !== keys.length) notRead()
    // All keys at once, in the order in which they were declared.
    const value: Record<string, unknown> = Object.fromEntries(blank)
    for (let i = 0; i < keys.length; i++) {
      const { key, bytes } = keys[i] as (typeof keys)[number]
      readExactly(reader, bytes)
      value[key] = readers[i]?.(reader)
    }
    return value as Value<F>
  }
  const blank = entries.map(([key]): [string, undefined] => [key, undefined])

  return {
    type: name,
    structs,
    fields: fields as Readonly<Record<string, Field<unknown>>>,
    encodedType,
    hashStruct,
    word: hashStruct,
    toWire: value => Object.fromEntries(entries.map(([key, field]) => [key, field.toWire(value[key])])),
    fromWire(data, path) {
      if (!isWireMap(data)) throw new SchemaError(path, `a ${name}`, data)
      // Exactly these keys: an unknown field is something we would sign or relay without having understood it.
      if (Object.keys(data).length !== entries.length)
        throw new SchemaError(path, `the ${entries.length} fields of ${name}`, data)
      const value: Record<string, unknown> = {}
      for (const [key, field] of entries) value[key] = field.fromWire(data[key], `${path}.${key}`)
      return value as Value<F>
    },
    ...(isReadable ? { read } : {})
  }
}

/** True for a map as dag-cbor decodes it. Bytes are told apart first: listing the keys of a megabyte takes long. */
export function isWireMap(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data) && !(data instanceof Uint8Array)
}

/** Deterministic dag-cbor bytes of a value. */
export function encode<T>(field: Field<T>, value: T): Uint8Array {
  return plainBytes(dagCbor.encode(field.toWire(value)))
}

/**
 * Strict inverse of {@link encode}.
 *
 * dag-cbor readers still accept unsorted keys and short floats; requiring the bytes to re-encode to themselves leaves
 * exactly one encoding per value, so that equal values have equal bytes everywhere. What can be read straight from bytes is
 * canonical by the way it is read; this is for all that cannot, and for saying what is wrong.
 *
 * @throws SchemaError for anything else
 */
export function decode<T>(field: Field<T>, data: Uint8Array): T {
  const quick = field.read === undefined ? undefined : readWhole(field.read, data)
  if (quick !== undefined) return quick
  let plain: unknown
  try {
    plain = dagCbor.decode(data)
  } catch {
    throw new SchemaError(field.type, 'dag-cbor', data)
  }
  const value = field.fromWire(plain, field.type)
  if (!equals(encode(field, value), data)) throw new SchemaError(field.type, 'canonical dag-cbor', data)
  return value
}
