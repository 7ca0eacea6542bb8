import { keccak_256 } from '@noble/hashes/sha3.js'
import { concat } from 'uint8arrays'

/** Keccak-256 over the parts one after another. */
export function keccak(...parts: Uint8Array[]): Uint8Array {
  return keccak_256(parts.length === 1 ? (parts[0] as Uint8Array) : concat(parts))
}

/**
 * Big-endian bytes of an unsigned integer, left-padded to `length`.
 *
 * @throws RangeError when it is negative or does not fit
 */
export function uintToBytes(value: bigint, length: number): Uint8Array {
  if (value < 0n || value >> BigInt(8 * length) !== 0n) throw new RangeError(`${value} does not fit ${length} bytes`)
  const out = new Uint8Array(length)
  for (let i = length - 1, rest = value; rest > 0n; i--, rest >>= 8n) out[i] = Number(rest & 0xffn)
  return out
}

/** Unsigned big-endian integer; zero for no bytes. */
export function bytesToUint(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return value
}

/**
 * The same memory as a plain Uint8Array. Node's Buffer is one too, but its `slice` is a view: whoever makes a "copy" of it
 * to change the copy changes the original.
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
