import { keccak, uintToBytes } from '../primitives/bytes.ts'
import { type Address, fromHex, type Hash, toHex } from '../primitives/hex.ts'

/** Values as `abi.encode` puts them, 32 bytes each, for what the court hashes. */
export const uintWord = (value: bigint | number): Uint8Array => uintToBytes(BigInt(value), 32)

export const hashWord = (value: Hash): Uint8Array => fromHex(value, 32)

export function addressWord(value: Address): Uint8Array {
  const word = new Uint8Array(32)
  word.set(fromHex(value, 20), 12)
  return word
}

export function hashWords(...words: Uint8Array[]): Hash {
  return toHex(keccak(...words))
}
