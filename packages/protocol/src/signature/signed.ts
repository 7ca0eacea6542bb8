import { CodedError } from '../errors.ts'
import { keccak } from '../primitives/bytes.ts'
import { type Address, fromHex, type Hash, sameHex, toHex } from '../primitives/hex.ts'
import {
  type CanonicalReader,
  canonicalKeys,
  MAJOR_MAP,
  notRead,
  readBytes,
  readExactly,
  readHead
} from '../schema/canonical-reader.ts'
import { SchemaError } from '../schema/error.ts'
import type { Field, Struct } from '../schema/index.ts'
import { isWireMap } from '../schema/struct.ts'
import { digestOf, type SigningDomain } from './domain.ts'

/** A value with its signer's EIP-2098 compact signature over its EIP-712 digest. */
export interface Signed<T> {
  readonly body: T
  /** 64 bytes: r ‖ yParityAndS (EIP-2098). */
  readonly signature: Uint8Array
}

/** A key that can sign. Deterministic (RFC 6979), so that signing again after a crash gives the same bytes. */
export interface Signer {
  readonly address: Address
  /** Compressed secp256k1 public key, 33 bytes. */
  readonly publicKey: Uint8Array
  /** @returns 64-byte EIP-2098 signature of a 32-byte digest */
  sign(digest: Uint8Array): Uint8Array
}

/**
 * Recovers the compressed public key (33 bytes) that signed, or undefined for an invalid or high-s signature.
 * Injected: native code in Node, pure JavaScript in browsers.
 */
export type Recover = (digest: Uint8Array, signature: Uint8Array) => RecoveredKey | undefined

export interface RecoveredKey {
  readonly publicKey: Uint8Array
  readonly address: Address
}

export const SIGNATURE_BYTES = 64

/** Wire form of a {@link Signed} value. */
export function signed<T>(type: Struct<T>): Field<Signed<T>> {
  const { read } = type
  return {
    ...(read === undefined ? {} : { read: (reader: CanonicalReader) => readSigned(reader, read) }),
    type: `Signed${type.type}`,
    structs: new Map(),
    word() {
      throw new TypeError('a signed value is not signed again')
    },
    toWire: ({ body, signature }) => ({
      body: type.toWire(body),
      signature: checkSignature(signature, `${type.type}.signature`)
    }),
    fromWire(data, path) {
      if (!isWireMap(data) || Object.keys(data).length !== 2)
        throw new SchemaError(path, 'a body and a signature', data)
      // The length first: a body is not worth reading without one.
      const signature = checkSignature(data.signature, `${path}.signature`)
      return { body: type.fromWire(data.body, `${path}.body`), signature }
    }
  }
}

const [BODY, SIGNATURE] = canonicalKeys(['body', 'signature']).map(({ bytes }) => bytes) as [Uint8Array, Uint8Array]

function readSigned<T>(reader: CanonicalReader, read: (reader: CanonicalReader) => T): Signed<T> {
  if (readHead(reader, MAJOR_MAP) !== 2) notRead()
  readExactly(reader, BODY)
  const body = read(reader)
  readExactly(reader, SIGNATURE)
  const signature = readBytes(reader, SIGNATURE_BYTES)
  // A copy: what it is cut from may be a frame of many messages.
  return signature.length === SIGNATURE_BYTES ? { body, signature: new Uint8Array(signature) } : notRead()
}

function checkSignature(value: unknown, path: string): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== SIGNATURE_BYTES) {
    throw new SchemaError(path, `${SIGNATURE_BYTES} signature bytes`, value)
  }
  return value
}

export function sign<T>(signer: Signer, domain: SigningDomain, type: Struct<T>, body: T): Signed<T> {
  return { body, signature: signer.sign(fromHex(digestOf(domain, type, body))) }
}

/**
 * Checks who signed.
 *
 * @returns the digest (the value's id) and the signer's key
 * @throws CodedError E_BAD_SIGNATURE
 */
export function verify<T>(
  value: Signed<T>,
  expected: Address,
  { domain, recover, type }: { domain: SigningDomain; recover: Recover; type: Struct<T> }
): { digest: Hash; key: RecoveredKey } {
  const digest = digestOf(domain, type, value.body)
  const key = recover(fromHex(digest), value.signature)
  if (key === undefined || !sameHex(key.address, expected)) {
    throw new CodedError('E_BAD_SIGNATURE', `${type.type} is not signed by ${expected}`, {
      facts: { type: type.type, expected, actual: key?.address ?? null },
      hint: 'the signer used another key, chain or escrow contract'
    })
  }
  return { digest, key }
}

/** EVM address of an uncompressed public key (65 bytes, leading 0x04): last 20 bytes of keccak256(x ‖ y). */
export function addressOfPublicKey(uncompressed: Uint8Array): Address {
  return toHex(keccak(uncompressed.subarray(1)).subarray(12))
}
