import { createCipheriv, createHash } from 'node:crypto'

/** Fills `target` with the next bytes of a stream. */
export type RandomSource = (target: Uint8Array) => void

const CHUNK_BYTES = 65_536
const zeros = new Uint8Array(CHUNK_BYTES)

/**
 * The keystream of ChaCha20 (RFC 8439) under the SHA-256 digest of `seed`: looks random to the program, and is the
 * same on every machine. It protects nothing: anyone can compute it.
 */
export function createSeededRandom(seed: string): RandomSource {
  let cipher: ReturnType<typeof createCipheriv> | undefined
  return target => {
    cipher ??= createCipheriv('chacha20', createHash('sha256').update(seed).digest(), new Uint8Array(16))
    for (let offset = 0; offset < target.length; offset += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, target.length - offset)
      target.set(cipher.update(zeros.subarray(0, length)), offset)
    }
  }
}
