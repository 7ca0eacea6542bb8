import { encode as encodeUtf8 } from './utf8.ts'

/**
 * Reads canonical dag-cbor straight into values, without a tree in between and without encoding them again to see whether
 * there was but one way to write them: anything that is not written the one way makes it throw. It also throws at what it
 * leaves to others, such as text beyond ASCII; so what it reads is right, and what it does not read has to be looked at by
 * the general decoder.
 */
export interface CanonicalReader {
  readonly bytes: Uint8Array
  /** Where the next byte is read. */
  at: number
}

/** Thrown and caught here alone, many times a second: without a stack. */
const NOT_READ = 'not read'

export function notRead(): never {
  throw NOT_READ
}

/** @returns undefined where the general decoder has to look at it */
export function readWhole<T>(read: (reader: CanonicalReader) => T, bytes: Uint8Array): T | undefined {
  const reader = { bytes, at: 0 }
  try {
    const value = read(reader)
    return reader.at === bytes.length ? value : undefined
  } catch (err) {
    if (err === NOT_READ) return undefined
    throw err
  }
}

/** The number in the head of an item of this major type (RFC 8949, 3), in its shortest form; at most 2^53 − 1. */
export function readHead(reader: CanonicalReader, major: number): number {
  const { bytes, at } = reader
  const first = bytes[at]
  if (first === undefined || first >> 5 !== major) notRead()
  const info = first & 31
  if (info < 24) {
    reader.at = at + 1
    return info
  }
  const size = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : info === 27 ? 8 : notRead()
  if (at + 1 + size > bytes.length) notRead()
  let value = 0
  for (let i = 1; i <= size; i++) value = value * 256 + (bytes[at + i] as number)
  // A smaller number has a shorter form; a larger one is not exact.
  if (value < SHORTEST[size]! || value > Number.MAX_SAFE_INTEGER) notRead()
  reader.at = at + 1 + size
  return value
}

const SHORTEST: Readonly<Record<number, number>> = { 1: 24, 2: 0x100, 4: 0x1_0000, 8: 0x1_0000_0000 }

/** A view of the bytes of a byte string. */
export function readBytes(reader: CanonicalReader, lengthMax: number): Uint8Array {
  const length = readHead(reader, MAJOR_BYTES)
  const end = reader.at + length
  if (length > lengthMax || end > reader.bytes.length) notRead()
  const view = reader.bytes.subarray(reader.at, end)
  reader.at = end
  return view
}

/** ASCII text. */
export function readText(reader: CanonicalReader, bytesMax: number): string {
  const length = readHead(reader, MAJOR_TEXT)
  const { bytes, at } = reader
  const end = at + length
  if (length > Math.min(bytesMax, TEXT_AT_ONCE_MAX) || end > bytes.length) notRead()
  for (let i = at; i < end; i++) if ((bytes[i] as number) > 127) notRead()
  reader.at = end
  return String.fromCharCode.apply(null, bytes.subarray(at, end) as unknown as number[])
}

/** Characters that become text in one call; longer ones are rare, and left to the general decoder. */
const TEXT_AT_ONCE_MAX = 1_024

/** Exactly these bytes. */
export function readExactly(reader: CanonicalReader, expected: Uint8Array): void {
  const { bytes, at } = reader
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) notRead()
  reader.at = at + expected.length
}

/** Keys of a map in the order of dag-cbor: shorter ones first. Each with its bytes as they are written. */
export function canonicalKeys(keys: readonly string[]): { readonly key: string; readonly bytes: Uint8Array }[] {
  return keys
    .map(key => ({
      key,
      bytes: Uint8Array.of(...(key.length < 24 ? [0x60 | key.length] : [0x78, key.length]), ...encodeUtf8(key))
    }))
    .sort((a, b) => a.key.length - b.key.length || (a.key < b.key ? -1 : 1))
}

export const MAJOR_UINT = 0
export const MAJOR_BYTES = 2
export const MAJOR_TEXT = 3
export const MAJOR_LIST = 4
export const MAJOR_MAP = 5
