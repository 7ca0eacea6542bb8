import { bytesToUint, keccak, putUint, uintToBytes } from '../primitives/bytes.ts'
import { fromHex, type Hex, isHex, putHex, toHex } from '../primitives/hex.ts'
import {
  type CanonicalReader,
  MAJOR_LIST,
  MAJOR_UINT,
  notRead,
  readBytes,
  readHead,
  readText
} from './canonical-reader.ts'
import { SchemaError } from './error.ts'
import { encode as encodeUtf8 } from './utf8.ts'

/**
 * One kind of value, described once: its EIP-712 type and word, and its deterministic wire form.
 *
 * A noun's bytes, digest and bounds all come from the same line, so they cannot drift apart.
 */
export interface Field<T> {
  /** EIP-712 type name, e.g. `uint128`. */
  readonly type: string
  /** EIP-712 definitions of every struct this refers to, by name (for encodeType). */
  readonly structs: ReadonlyMap<string, string>
  /** The 32-byte word this value is hashed as (EIP-712 encodeData). */
  word(value: T): Uint8Array
  /** The value in the IPLD data model, ready for dag-cbor. */
  toWire(value: T): unknown
  /** @throws SchemaError when `data` is not exactly this kind of value, within its bounds */
  fromWire(data: unknown, path: string): T
  /** Writes {@link word} at a place; for fields that need not make an array for it. */
  putWord?(value: T, out: Uint8Array, at: number): void
  /** Reads what `fromWire` takes straight from canonical bytes; left out, or giving up, where that is not worth it. */
  read?(reader: CanonicalReader): T
}

export function putWord<T>(field: Field<T>, value: T, out: Uint8Array, at: number): void {
  if (field.putWord === undefined) out.set(field.word(value), at)
  else field.putWord(value, out, at)
}

export type Infer<F> = F extends Field<infer T> ? T : never

export const NO_STRUCTS: ReadonlyMap<string, string> = new Map()

const fixedBytes =
  (type: string, length: number, pad: 'left' | 'right') =>
  <T extends Hex>(): Field<T> => {
    const toBytes = (value: T): Uint8Array => {
      if (!isHex(value, length)) throw new SchemaError(type, `${length} bytes as 0x-prefixed hex`, value)
      return fromHex(value)
    }
    return {
      type,
      structs: NO_STRUCTS,
      word(value) {
        const word = new Uint8Array(32)
        word.set(toBytes(value), pad === 'left' ? 32 - length : 0)
        return word
      },
      toWire: toBytes,
      fromWire(data, path) {
        if (!(data instanceof Uint8Array) || data.length !== length)
          throw new SchemaError(path, `${length} bytes`, data)
        return toHex(data) as T
      },
      putWord(value, out, at) {
        out.fill(0, at, at + 32)
        if (!putHex(value, out, at + (pad === 'left' ? 32 - length : 0), length))
          throw new SchemaError(type, `${length} bytes as 0x-prefixed hex`, value)
      },
      read(reader) {
        const bytes = readBytes(reader, length)
        return bytes.length === length ? (toHex(bytes) as T) : notRead()
      }
    }
  }

/** A 20-byte EVM address. */
export const address = fixedBytes('address', 20, 'left')
/** A 32-byte hash. */
export const hash = fixedBytes('bytes32', 32, 'right')

/**
 * An unsigned integer held as a number.
 *
 * @param bits width on chain; values above 2^53 − 1 are refused whatever the width, so that none is ever rounded
 */
export function uint(bits: 8 | 16 | 32 | 64): Field<number> {
  const max = bits === 64 ? Number.MAX_SAFE_INTEGER : 2 ** bits - 1
  const check = (value: unknown, path: string): number => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max || Object.is(value, -0)) {
      throw new SchemaError(path, `an integer 0…${max}`, value)
    }
    return value
  }
  return {
    type: `uint${bits}`,
    structs: NO_STRUCTS,
    word: value => uintToBytes(BigInt(check(value, `uint${bits}`)), 32),
    toWire: value => check(value, `uint${bits}`),
    fromWire: check,
    putWord(value, out, at) {
      let rest = check(value, `uint${bits}`)
      for (let i = at + 31; i >= at; i--) {
        out[i] = rest % 256
        rest = Math.floor(rest / 256)
      }
    },
    read(reader) {
      const value = readHead(reader, MAJOR_UINT)
      return value <= max ? value : notRead()
    }
  }
}

/** An unsigned integer held as a bigint; on the wire big-endian bytes without leading zeros. */
function bigUint(bits: 128 | 256): Field<bigint> {
  const bytesMax = bits / 8
  const check = (value: bigint): bigint => {
    if (typeof value !== 'bigint' || value < 0n || value >> BigInt(bits) !== 0n) {
      throw new SchemaError(`uint${bits}`, `a bigint 0…2^${bits}−1`, value)
    }
    return value
  }
  return {
    type: `uint${bits}`,
    structs: NO_STRUCTS,
    word: value => uintToBytes(check(value), 32),
    toWire(value) {
      const bytes = uintToBytes(check(value), bytesMax)
      const first = bytes.findIndex(byte => byte !== 0)
      return first === -1 ? new Uint8Array(0) : bytes.slice(first)
    },
    fromWire(data, path) {
      if (!(data instanceof Uint8Array) || data.length > bytesMax || data[0] === 0) {
        throw new SchemaError(path, `a minimal big-endian uint${bits}`, data)
      }
      return bytesToUint(data)
    },
    putWord: (value, out, at) => putUint(check(value), out, at, at + 32),
    read(reader) {
      const data = readBytes(reader, bytesMax)
      if (data[0] === 0) notRead()
      return bytesToUint(data)
    }
  }
}

/** An amount of money. */
export const wei: Field<bigint> = bigUint(128)
/** A number as wide as a word of the chain. */
export const uint256: Field<bigint> = bigUint(256)

/** Decoders of UTF-8 drop a byte order mark in front, so text that begins with one would not arrive as it left. */
const BYTE_ORDER_MARK = '\ufeff'

/** Labels are the same in most offers: runtimes, regions, versions. */
const wordsOfLabels = new Map<string, Uint8Array>()
const LABELS_MAX = 1_024
const LABEL_CHARS_MAX = 64

function wordOfText(text: string): Uint8Array {
  if (text.length > LABEL_CHARS_MAX) return keccak(encodeUtf8(text))
  const known = wordsOfLabels.get(text)
  if (known !== undefined) return known
  const word = keccak(encodeUtf8(text))
  // Whoever makes labels up has them hashed each time, and everybody's once more.
  if (wordsOfLabels.size >= LABELS_MAX) wordsOfLabels.clear()
  wordsOfLabels.set(text, word)
  return word
}

/** @param bytesMax bound on the UTF-8 length */
export function text(bytesMax: number): Field<string> {
  const check = (value: unknown, path: string): string => {
    if (
      typeof value !== 'string' ||
      // Cheap first: UTF-8 takes at least one byte for each unit of a string.
      value.length > bytesMax ||
      !value.isWellFormed() ||
      value.startsWith(BYTE_ORDER_MARK) ||
      // At most three for each unit: most text is too short to be worth encoding.
      (value.length * 3 > bytesMax && encodeUtf8(value).length > bytesMax)
    ) {
      throw new SchemaError(path, `text of at most ${bytesMax} bytes`, value)
    }
    return value
  }
  return {
    type: 'string',
    structs: NO_STRUCTS,
    word: value => wordOfText(check(value, 'string')),
    toWire: value => check(value, 'string'),
    fromWire: check,
    read: reader => readText(reader, bytesMax)
  }
}

/** @param lengthMax bound on the length in bytes */
export function bytes(lengthMax: number): Field<Uint8Array> {
  const check = (value: unknown, path: string): Uint8Array => {
    if (!(value instanceof Uint8Array) || value.length > lengthMax) {
      throw new SchemaError(path, `at most ${lengthMax} bytes`, value)
    }
    return value
  }
  return {
    type: 'bytes',
    structs: NO_STRUCTS,
    word: value => keccak(check(value, 'bytes')),
    toWire: value => check(value, 'bytes'),
    fromWire: check,
    read: reader => new Uint8Array(readBytes(reader, lengthMax))
  }
}

/** @param itemsMax bound on the number of items */
export function list<T>(item: Field<T>, itemsMax: number): Field<T[]> {
  const check = (value: unknown, path: string): unknown[] => {
    if (!Array.isArray(value) || value.length > itemsMax) {
      throw new SchemaError(path, `a list of at most ${itemsMax}`, value)
    }
    return value
  }
  const { read } = item
  return {
    type: `${item.type}[]`,
    structs: item.structs,
    word(value) {
      const items = check(value, item.type) as T[]
      const words = new Uint8Array(32 * items.length)
      for (const [i, entry] of items.entries()) putWord(item, entry, words, 32 * i)
      return keccak(words)
    },
    toWire: value => (check(value, item.type) as T[]).map(item.toWire),
    fromWire: (data, path) => check(data, path).map((entry, i) => item.fromWire(entry, `${path}[${i}]`)),
    ...(read === undefined ? {} : { read: (reader: CanonicalReader) => readList(reader, itemsMax, read) })
  }
}

function readList<T>(reader: CanonicalReader, itemsMax: number, read: (reader: CanonicalReader) => T): T[] {
  const length = readHead(reader, MAJOR_LIST)
  if (length > itemsMax) notRead()
  const items: T[] = []
  for (let i = 0; i < length; i++) items.push(read(reader))
  return items
}

/** A value that may be left out. For messages only: EIP-712 has no such thing, so it has no word. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    type: field.type,
    structs: field.structs,
    word() {
      throw new TypeError('an optional value cannot be signed')
    },
    toWire: value => (value === undefined ? null : field.toWire(value)),
    fromWire: (data, path) => (data === null ? undefined : field.fromWire(data, path))
  }
}
