import { CodedError } from '@archipel/protocol'
import { privateKeyFromRaw, publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import { peerIdFromPublicKey as peerIdFromLibp2pKey, peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'

/** Bytes of a raw secp256k1 private key. */
export const PRIVATE_KEY_BYTES = 32

/** Bytes of a compressed secp256k1 public key (SEC 1, 2.3.3). */
export const PUBLIC_KEY_BYTES = 33

/**
 * The libp2p form of a raw secp256k1 private key, 32 bytes. The same key signs offers, so one key is one party
 * on the wire and on the chain. Throws E_KEY_INVALID for a wrong length, zero, or a number past the curve's order.
 */
export function privateKeyFromBytes(raw: Uint8Array): PrivateKey {
  if (raw.byteLength !== PRIVATE_KEY_BYTES) throw keyError(`a private key has ${PRIVATE_KEY_BYTES} bytes`, raw)
  try {
    return privateKeyFromRaw(raw)
  } catch (cause) {
    throw keyError('these bytes are not a secp256k1 private key', raw, cause)
  }
}

/** The raw 32 bytes of a secp256k1 private key. Throws E_KEY_INVALID for another kind of key. */
export function privateKeyToBytes(key: PrivateKey): Uint8Array {
  if (key.type !== 'secp256k1') throw wrongType(key.type)
  return key.raw
}

/** PeerId of a private key. */
export const peerIdFromPrivate = (key: PrivateKey): PeerId => peerIdFromPrivateKey(key)

/** PeerId of a compressed secp256k1 public key, 33 bytes. Throws E_KEY_INVALID when it is not a point. */
export function peerIdFromPublicKey(compressed: Uint8Array): PeerId {
  if (compressed.byteLength !== PUBLIC_KEY_BYTES) {
    throw keyError(`a compressed public key has ${PUBLIC_KEY_BYTES} bytes`, compressed)
  }
  try {
    return peerIdFromLibp2pKey(publicKeyFromRaw(compressed))
  } catch (cause) {
    throw keyError('these bytes are not a secp256k1 public key', compressed, cause)
  }
}

/**
 * Compressed public key, 33 bytes, inside a PeerId: a secp256k1 PeerId carries its whole key, so no look-up is needed.
 * Throws E_KEY_INVALID for a PeerId of another kind of key.
 */
export function publicKeyFromPeerId(peer: PeerId): Uint8Array {
  if (peer.type !== 'secp256k1') throw wrongType(peer.type)
  return peer.publicKey.raw
}

/** Parses a PeerId's text and insists on a secp256k1 key. Throws E_KEY_INVALID. */
export function parsePeerId(text: string): PeerId {
  try {
    const peer = peerIdFromString(text)
    if (peer.type === 'secp256k1') return peer
  } catch (cause) {
    throw new CodedError('E_KEY_INVALID', 'this is not a peer id', { facts: { text: text.slice(0, 128) }, cause })
  }
  throw wrongType('another kind')
}

/** Facts hold the length only: the bytes may be a secret. */
function keyError(message: string, bytes: Uint8Array, cause?: unknown): CodedError {
  return new CodedError('E_KEY_INVALID', message, { facts: { byteLength: bytes.byteLength }, cause })
}

function wrongType(type: string): CodedError {
  return new CodedError('E_KEY_INVALID', 'a key on Archipel is a secp256k1 key', { facts: { type } })
}
