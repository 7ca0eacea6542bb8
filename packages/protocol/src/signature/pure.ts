import { secp256k1 } from '@noble/curves/secp256k1.js'
import { addressOfPublicKey, type Recover, SIGNATURE_BYTES, type Signer } from './signed.ts'

const HALF_ORDER = secp256k1.Point.Fn.ORDER >> 1n

/** A {@link Signer} in pure JavaScript: for browsers, tests and as the reference for native ones (about 2 ms a signature). */
export function createPureSigner(privateKey: Uint8Array): Signer {
  const point = secp256k1.Point.fromBytes(secp256k1.getPublicKey(privateKey))
  return {
    address: addressOfPublicKey(point.toBytes(false)),
    publicKey: point.toBytes(true),
    sign(digest) {
      // noble: recovery id ‖ r ‖ s. EIP-2098 folds the recovery bit into the top bit of s, which low-s leaves free.
      const raw = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered', lowS: true })
      const compact = raw.slice(1)
      compact[32] = (compact[32] as number) | ((raw[0] as number) << 7)
      return compact
    }
  }
}

/** {@link Recover} in pure JavaScript (about 2 ms): not for hot paths. */
export const recoverPure: Recover = (digest, signature) => {
  const parts = splitCompact(signature)
  if (parts === undefined) return undefined
  try {
    const sig = secp256k1.Signature.fromBytes(parts.rs, 'compact').addRecoveryBit(parts.recovery)
    if (sig.s > HALF_ORDER) return undefined
    const point = sig.recoverPublicKey(digest)
    return { publicKey: point.toBytes(true), address: addressOfPublicKey(point.toBytes(false)) }
  } catch {
    return undefined
  }
}

/** Splits an EIP-2098 signature into r ‖ s and the recovery bit. */
export function splitCompact(signature: Uint8Array): { rs: Uint8Array; recovery: 0 | 1 } | undefined {
  if (signature.length !== SIGNATURE_BYTES) return undefined
  // A Buffer's `slice` would be the signature itself.
  const rs = new Uint8Array(signature)
  const recovery = ((rs[32] as number) >> 7) as 0 | 1
  rs[32] = (rs[32] as number) & 0x7f
  return { rs, recovery }
}
