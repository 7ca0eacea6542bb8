import { type Address, fromHex, keccak, type Recover, type Signer, toHex } from '../../src/index.ts'

/**
 * Signatures that cost a hash: for model tests that sign thousands of times. Like real ones they name their signer and
 * are good for one digest only; anybody could forge them.
 */
export function fastSigner(address: Address): Signer {
  return { address, publicKey: new Uint8Array(33), sign: digest => fastSignature(digest, address) }
}

function fastSignature(digest: Uint8Array, address: Address): Uint8Array {
  const signature = new Uint8Array(64)
  signature.set(fromHex(address))
  signature.set(keccak(digest, fromHex(address)), 32)
  return signature
}

export const recoverFast: Recover = (digest, signature) => {
  const address = toHex(signature.subarray(0, 20))
  const genuine = toHex(fastSignature(digest, address)) === toHex(signature)
  return genuine ? { address, publicKey: new Uint8Array(33) } : undefined
}
