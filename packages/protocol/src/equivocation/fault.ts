import { type Offer, offerType } from '../offer/offer.ts'
import { keccak, uintToBytes } from '../primitives/bytes.ts'
import { type Address, fromHex, type Hash, toHex } from '../primitives/hex.ts'
import { receiptType } from '../receipt/receipt.ts'
import { encode as encodeUtf8 } from '../schema/utf8.ts'

/** An offer as contracts take it: its EIP-712 words in order, the fields of no fixed size as their hashes. Twelve. */
export function offerWords(offer: Offer): Hash[] {
  const values = offer as unknown as Readonly<Record<string, unknown>>
  return Object.entries(offerType.fields).map(([name, field]) => toHex(field.word(values[name])))
}

/** Names all contradictions of `key` in one agreement, as Bonds.receiptFault does. */
export function receiptFault(key: Address, agreement: Hash): Hash {
  return fault(receiptType.encodedType, key, fromHex(agreement, 32))
}

/** Names all contradictions of `key` under one sequence of its offers, as Bonds.offerFault does. */
export function offerFault(key: Address, sequence: number): Hash {
  return fault(offerType.encodedType, key, uintToBytes(BigInt(sequence), 32))
}

function fault(encodedType: string, key: Address, subject: Uint8Array): Hash {
  return toHex(keccak(keccak(encodeUtf8(encodedType)), new Uint8Array(12), fromHex(key, 20), subject))
}
