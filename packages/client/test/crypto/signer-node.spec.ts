import { createPureSigner, fromHex, recoverPure, SIGNATURE_BYTES, toHex } from '@archipel/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressOfCompressedKey, createNativeSigner, recoverNative } from '../../src/crypto/signer-node.ts'

/** Order of the curve's group (SEC 2, 2.4.1). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const privateKey = bytes32.filter(key => {
  const scalar = BigInt(toHex(key))
  return scalar > 0n && scalar < ORDER
})

const toBytes = (value: bigint) => fromHex(`0x${value.toString(16).padStart(64, '0')}`)

describe('the native signer', () => {
  it('has the address and key of the pure one, and signs the same bytes', () => {
    fc.assert(
      fc.property(privateKey, bytes32, (key, digest) => {
        const native = createNativeSigner(key)
        const pure = createPureSigner(key)
        expect(native.address).toBe(pure.address)
        expect(native.publicKey).toEqual(pure.publicKey)
        expect(toHex(native.sign(digest))).toBe(toHex(pure.sign(digest)))
      }),
      { numRuns: 50 }
    )
  })

  it('keeps its own copy of the key', () => {
    const key = new Uint8Array(32).fill(5)
    const signer = createNativeSigner(key)
    const digest = new Uint8Array(32).fill(1)
    const before = toHex(signer.sign(digest))
    key.fill(6)
    expect(toHex(signer.sign(digest))).toBe(before)
  })

  it.each([
    ['zero', new Uint8Array(32)],
    ['the order of the curve', toBytes(ORDER)],
    ['31 bytes', new Uint8Array(31).fill(1)],
    ['33 bytes', new Uint8Array(33).fill(1)],
    ['nothing', new Uint8Array(0)]
  ])('refuses %s as a key', (_what, key) => {
    expect(() => createNativeSigner(key)).toThrow(expect.objectContaining({ code: 'E_KEY_INVALID' }))
  })
})

describe('native recovery', () => {
  it('finds the signer of either implementation, as the pure one does', () => {
    fc.assert(
      fc.property(privateKey, bytes32, (key, digest) => {
        const { address, publicKey } = createPureSigner(key)
        for (const signature of [createNativeSigner(key).sign(digest), createPureSigner(key).sign(digest)]) {
          expect(recoverNative(digest, signature)).toEqual({ address, publicKey })
          expect(recoverPure(digest, signature)).toEqual({ address, publicKey })
        }
      }),
      { numRuns: 50 }
    )
  })

  it('refuses an s above half of the order, as the pure one does', () => {
    const signer = createNativeSigner(new Uint8Array(32).fill(3))
    // The smallest high s is the one that has a compact form: the twins of most signatures need the bit of the parity.
    const digest = new Uint8Array(32).fill(9)
    const signature = signer.sign(digest)
    signature.set(toBytes(ORDER / 2n + 1n), 32)
    expect(signature[32]).toBeLessThan(0x80)
    expect(recoverNative(digest, signature)).toBeUndefined()
    expect(recoverPure(digest, signature)).toBeUndefined()
    signature.set(toBytes(ORDER / 2n), 32)
    expect(recoverNative(digest, signature)).toEqual(recoverPure(digest, signature))
    expect(recoverNative(digest, signature)).toBeDefined()
  })

  it('says nothing, or the same as the pure one, about anything', () => {
    const signature = fc.oneof(
      fc.uint8Array({ minLength: SIGNATURE_BYTES, maxLength: SIGNATURE_BYTES }),
      fc.uint8Array({ maxLength: SIGNATURE_BYTES * 2 })
    )
    fc.assert(
      fc.property(bytes32, signature, (digest, garbage) => {
        expect(recoverNative(digest, garbage)).toEqual(recoverPure(digest, garbage))
        if (garbage.length !== SIGNATURE_BYTES) expect(recoverNative(digest, garbage)).toBeUndefined()
      }),
      { numRuns: 200 }
    )
  })

  it.each([
    ['zero r', 0n, 1n],
    ['zero s', 1n, 0n],
    ['r of the order', ORDER, 1n],
    ['r above the order', 2n ** 256n - 1n, 1n]
  ])('refuses %s', (_what, r, s) => {
    const signature = new Uint8Array([...toBytes(r), ...toBytes(s)])
    expect(recoverNative(new Uint8Array(32).fill(1), signature)).toBeUndefined()
    expect(recoverPure(new Uint8Array(32).fill(1), signature)).toBeUndefined()
  })

  it('leaves the signature as it was', () => {
    const signer = createNativeSigner(new Uint8Array(32).fill(3))
    for (let i = 0; i < 8; i++) {
      const digest = new Uint8Array(32).fill(i)
      const signature = signer.sign(digest)
      const before = toHex(signature)
      recoverNative(digest, signature)
      expect(toHex(signature)).toBe(before)
    }
  })
})

it('the address of a compressed key is that of its signer', () => {
  fc.assert(
    fc.property(privateKey, key => {
      const { publicKey, address } = createPureSigner(key)
      expect(addressOfCompressedKey(publicKey)).toBe(address)
    }),
    { numRuns: 30 }
  )
  expect(() => addressOfCompressedKey(new Uint8Array(33))).toThrow()
})
