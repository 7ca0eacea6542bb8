import { keccak, uintToBytes } from '../primitives/bytes.ts'
import { type Address, fromHex, type Hash, toHex } from '../primitives/hex.ts'
import type { Struct } from '../schema/index.ts'
import { encode as encodeUtf8 } from '../schema/utf8.ts'

/**
 * What a signature is for: this chain and this contract, nothing else (EIP-712 domain, version "1"). What peers say to
 * each other is in the escrow's domain, name "Archipel".
 */
export interface SigningDomain {
  readonly name: string
  readonly chainId: number
  /** The Escrow contract, or the one that the signature is meant for. */
  readonly verifyingContract: Address
  /** EIP-712 domain separator. */
  readonly separator: Uint8Array
}

export const DOMAIN_NAME = 'Archipel'
export const DOMAIN_VERSION = '1'
const DOMAIN_TYPE = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'

/** @throws RangeError when `chainId` is not a safe integer from 0 up or the contract is not a 20-byte address */
export function createSigningDomain(
  chainId: number,
  verifyingContract: Address,
  name: string = DOMAIN_NAME
): SigningDomain {
  if (!Number.isSafeInteger(chainId)) throw new RangeError(`not a chain id: ${chainId}`)
  const separator = keccak(
    keccak(encodeUtf8(DOMAIN_TYPE)),
    keccak(encodeUtf8(name)),
    keccak(encodeUtf8(DOMAIN_VERSION)),
    uintToBytes(BigInt(chainId), 32),
    new Uint8Array(12),
    fromHex(verifyingContract, 20)
  )
  return { name, chainId, verifyingContract, separator }
}

const PREFIX = Uint8Array.of(0x19, 0x01)

/** Digests by value: one message is hashed to be signed, to be checked, to be stored and to be named. */
const digests = new WeakMap<object, { domain: SigningDomain; type: unknown; digest: Hash }>()

/**
 * EIP-712 digest: keccak256(0x1901 ‖ domain separator ‖ hashStruct).
 *
 * The digest is kept with the value, and the value frozen: one changed after it was signed would pass under its old name.
 */
export function digestOf<T>(domain: SigningDomain, type: Struct<T>, value: T): Hash {
  const key = value as object
  const known = digests.get(key)
  if (known !== undefined && known.domain === domain && known.type === type) return known.digest
  const digest = toHex(keccak(PREFIX, domain.separator, type.hashStruct(value)))
  digests.set(Object.freeze(key), { domain, type, digest })
  return digest
}
