import { CodedError } from '@archipel/protocol'
import { type DecodeOptions, decode, type EncodeOptions, encode, Token, Type } from 'cborg'

/** Values as the store keeps them. */
export type StoredValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly StoredValue[]
  | { readonly [key: string]: StoredValue | undefined }

/** CBOR tags of big numbers (RFC 8949, 3.4.3). A number and a bigint of the same size stay two different things. */
const TAG_BIGINT = 2
const TAG_NEGATIVE_BIGINT = 3

/** These have a CBOR form but would come back as something else. */
function refuse(): never {
  throw new Error('a Map or undefined would not come back as it went')
}

const ENCODE_OPTIONS: EncodeOptions = {
  float64: true,
  ignoreUndefinedProperties: true,
  typeEncoders: {
    bigint: (value: bigint) =>
      value >= 0n
        ? [new Token(Type.tag, TAG_BIGINT), new Token(Type.bytes, bytesOf(value))]
        : [new Token(Type.tag, TAG_NEGATIVE_BIGINT), new Token(Type.bytes, bytesOf(-1n - value))],
    Object: (value: object) => {
      const prototype = Object.getPrototypeOf(value)
      if (prototype !== Object.prototype && prototype !== null) throw new Error('only plain objects are stored')
      return null
    },
    Map: refuse,
    undefined: refuse
  }
}

const DECODE_OPTIONS: DecodeOptions = {
  allowIndefinite: false,
  allowUndefined: false,
  strict: true,
  rejectDuplicateMapKeys: true,
  tags: {
    [TAG_BIGINT]: content => bigintOf(content()),
    [TAG_NEGATIVE_BIGINT]: content => -1n - bigintOf(content())
  }
}

/**
 * Bytes of a value: CBOR with bigint kept apart from number. A property that is undefined is left out, so it reads back
 * as undefined. Throws E_STORE_VALUE for what can't come back as it went: class instances, functions, undefined alone
 * or in a list.
 */
export function encodeValue(value: unknown): Uint8Array {
  try {
    return encode(value, ENCODE_OPTIONS)
  } catch (cause) {
    throw new CodedError('E_STORE_VALUE', 'this value can not be stored', { cause })
  }
}

/** The value of stored bytes. Throws E_STORE_CORRUPT: what we wrote ourselves no longer reads. */
export function decodeValue(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, DECODE_OPTIONS)
  } catch (cause) {
    throw new CodedError('E_STORE_CORRUPT', 'a stored value does not read back', {
      facts: { byteLength: bytes.byteLength },
      hint: 'the disk or the file system changed it: restore the data folder from a copy',
      cause
    })
  }
}

function bytesOf(value: bigint): Uint8Array {
  const hex = value.toString(16)
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  const bytes = new Uint8Array(even.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(even.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

function bigintOf(bytes: unknown): bigint {
  if (!(bytes instanceof Uint8Array)) throw new Error('a big number is not made of bytes')
  let hex = '0x0'
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return BigInt(hex)
}
