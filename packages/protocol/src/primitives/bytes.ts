import { keccak_256 } from '@noble/hashes/sha3.js'
import { concat, equals } from 'uint8arrays'

let hash: (bytes: Uint8Array) => Uint8Array = keccak_256

/** Keccak-256 over the parts one after another. */
export function keccak(...parts: Uint8Array[]): Uint8Array {
  return hash(parts.length === 1 ? (parts[0] as Uint8Array) : concat(parts))
}

/**
 * Lets a faster implementation of Keccak-256 take the place of the one in plain JavaScript, for the whole process: most of
 * what checking an Offer costs is hashing.
 *
 * @throws RangeError when it does not come to the same on some inputs, short and long
 */
export function useKeccak(faster: (bytes: Uint8Array) => Uint8Array): void {
  for (const length of [0, 1, 64, 135, 136, 137, 1_000]) {
    const sample = new Uint8Array(length).fill(length)
    if (!equals(faster(sample), keccak_256(sample))) throw new RangeError('this is not Keccak-256')
  }
  hash = faster
}

/**
 * Big-endian bytes of an unsigned integer, left-padded to `length`.
 *
 * @throws RangeError when it is negative or does not fit
 */
export function uintToBytes(value: bigint, length: number): Uint8Array {
  if (value < 0n || value >> BigInt(8 * length) !== 0n) throw new RangeError(`${value} does not fit ${length} bytes`)
  const out = new Uint8Array(length)
  putUint(value, out, 0, length)
  return out
}

/** Writes a number that fits from `from` up to `to`, big-endian; six bytes at a time, as bigints are slow. */
export function putUint(value: bigint, out: Uint8Array, from: number, to: number): void {
  let rest = value
  for (let end = to; end > from; end -= 6) {
    let part = Number(rest & 0xffff_ffff_ffffn)
    rest >>= 48n
    for (let i = end - 1; i >= Math.max(from, end - 6); i--) {
      out[i] = part % 256
      part = Math.floor(part / 256)
    }
  }
}

/** Unsigned big-endian integer; zero for no bytes. */
export function bytesToUint(bytes: Uint8Array): bigint {
  let value = 0n
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 6)
    let part = 0
    const count = end - at
    while (at < end) part = part * 256 + (bytes[at++] as number)
    value = (value << BigInt(8 * count)) | BigInt(part)
  }
  return value
}

/**
 * The same memory as a plain Uint8Array. Node's Buffer is one too, but its `slice` is a view: whoever makes a "copy" of it
 * to change the copy changes the original.
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
