import { fromString, toString } from 'uint8arrays'

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

export function toHex(bytes: Uint8Array): Hex {
  return `0x${toString(bytes, 'base16')}`
}

/**
 * @param bytesLength exact length in bytes; any when left out
 * @throws RangeError when `hex` is not 0x-prefixed pairs of hex digits, or of another length
 */
export function fromHex(hex: string, bytesLength?: number): Uint8Array {
  if (!isHex(hex, bytesLength)) {
    throw new RangeError(`not 0x-prefixed hex of ${bytesLength ?? 'whole'} bytes: ${String(hex).slice(0, 80)}`)
  }
  return fromString(hex.slice(2).toLowerCase(), 'base16')
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
