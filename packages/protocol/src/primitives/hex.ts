/** Lower-case 0x-prefixed bytes: how ids, hashes and addresses are written everywhere outside the wire. */
export type Hex = `0x${string}`
/** A 20-byte EVM address, lower case (no EIP-55 checksum inside the program; the command line shows what it was given). */
export type Address = Hex
/** A 32-byte hash. */
export type Hash = Hex

declare const brand: unique symbol
/** A value that must not be mixed up with others of the same shape. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** EIP-712 digest of a signed Agreement: one id on and off chain. */
export type AgreementId = Branded<Hash, 'AgreementId'>
/** keccak256 of a channel's key. */
export type ChannelId = Branded<Hash, 'ChannelId'>

/** An amount in the smallest unit of the escrowed token: 0 … 2^128 − 1. Money is bigint, never number. */
export type Wei = bigint
/** Seconds since 1970, as chains count. Safe integer. */
export type UnixSec = number

export const ZERO_ADDRESS: Address = `0x${'00'.repeat(20)}`
export const ZERO_HASH: Hash = `0x${'00'.repeat(32)}`

/** By tables: addresses and hashes become text and back several times for each message. */
const TEXT_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const NO_DIGIT = 255
const VALUE_OF_DIGIT = new Uint8Array(128).fill(NO_DIGIT)
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  VALUE_OF_DIGIT[digit.charCodeAt(0)] = value
  VALUE_OF_DIGIT[digit.toUpperCase().charCodeAt(0)] = value
}

export function toHex(bytes: Uint8Array): Hex {
  let text: Hex = '0x'
  for (let i = 0; i < bytes.length; i++) text += TEXT_OF_BYTE[bytes[i] as number]
  return text as Hex
}

/** Writes the `length` bytes of `hex` to a place. @returns false, having written anything, where it is not as many */
export function putHex(hex: unknown, out: Uint8Array, at: number, length: number): boolean {
  if (typeof hex !== 'string' || hex.length !== 2 + 2 * length || !hex.startsWith('0x')) return false
  for (let i = 0; i < length; i++) {
    const high = VALUE_OF_DIGIT[hex.charCodeAt(2 * i + 2)] ?? NO_DIGIT
    const low = VALUE_OF_DIGIT[hex.charCodeAt(2 * i + 3)] ?? NO_DIGIT
    if ((high | low) > 15) return false
    out[at + i] = (high << 4) | low
  }
  return true
}

/**
 * @param bytesLength exact length in bytes; any when left out
 * @throws RangeError when `hex` is not 0x-prefixed pairs of hex digits, or of another length
 */
export function fromHex(hex: string, bytesLength?: number): Uint8Array {
  const length = bytesLength ?? Math.max(0, Math.floor(hex.length / 2 - 1))
  const bytes = new Uint8Array(length)
  if (!putHex(hex, bytes, 0, length)) {
    throw new RangeError(`not 0x-prefixed hex of ${bytesLength ?? 'whole'} bytes: ${String(hex).slice(0, 80)}`)
  }
  return bytes
}

/** @param bytesLength exact length in bytes; any when left out */
export function isHex(value: unknown, bytesLength?: number): value is Hex {
  return (
    typeof value === 'string' &&
    (bytesLength === undefined || value.length === 2 + 2 * bytesLength) &&
    /^0x(?:[0-9a-fA-F]{2})*$/.test(value)
  )
}

/** Compares ids and addresses whatever their letter case. */
export function sameHex(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
