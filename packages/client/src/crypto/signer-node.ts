import {
  type Address,
  addressOfPublicKey,
  CodedError,
  type Recover,
  type Signer,
  splitCompact
} from '@archipel/protocol'
import secp256k1 from 'secp256k1'

/**
 * A {@link Signer} on libsecp256k1: about 30 µs a signature where pure JavaScript takes 2 ms.
 *
 * @param privateKey 32 bytes
 * @throws CodedError E_KEY_INVALID
 */
export function createNativeSigner(privateKey: Uint8Array): Signer {
  if (privateKey.length !== 32 || !secp256k1.privateKeyVerify(privateKey)) {
    throw new CodedError('E_KEY_INVALID', 'these bytes are not a secp256k1 private key', {
      facts: { byteLength: privateKey.length }
    })
  }
  const key = privateKey.slice()
  return {
    address: addressOfPublicKey(secp256k1.publicKeyCreate(key, false)),
    publicKey: secp256k1.publicKeyCreate(key, true),
    sign(digest) {
      const { signature, recid } = secp256k1.ecdsaSign(digest, key)
      // EIP-2098: libsecp256k1 makes low-s signatures only, so the top bit of s is free for the recovery bit.
      signature[32] = (signature[32] as number) | (recid << 7)
      return signature
    }
  }
}

/** {@link Recover} on libsecp256k1: about 45 µs. */
export const recoverNative: Recover = (digest, signature) => {
  const parts = splitCompact(signature)
  if (parts === undefined) return undefined
  try {
    // libsecp256k1 recovers from high-s signatures too; a signature must have one form only. It throws at numbers
    // beyond the curve's order, which anybody can send.
    if (isHighS(parts.rs)) return undefined
    const uncompressed = secp256k1.ecdsaRecover(parts.rs, parts.recovery, digest, false)
    return { publicKey: secp256k1.publicKeyConvert(uncompressed, true), address: addressOfPublicKey(uncompressed) }
  } catch {
    return undefined
  }
}

function isHighS(rs: Uint8Array): boolean {
  const normal = secp256k1.signatureNormalize(rs.slice())
  for (let i = 32; i < 64; i++) if (normal[i] !== rs[i]) return true
  return false
}

/** EVM address of a compressed public key (33 bytes), such as a PeerId carries. */
export function addressOfCompressedKey(compressed: Uint8Array): Address {
  return addressOfPublicKey(secp256k1.publicKeyConvert(compressed, false))
}
