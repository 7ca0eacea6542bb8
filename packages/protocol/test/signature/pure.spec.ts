import { secp256k1 } from '@noble/curves/secp256k1.js'
import { Signature, SigningKey } from 'ethers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPureSigner, fromHex, keccak, recoverPure, splitCompact, toHex } from '../../src/index.ts'
import { check } from '../helpers/check.ts'

const ORDER = secp256k1.Point.Fn.ORDER
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 })
const privateKeys = fc
  .bigInt({ min: 1n, max: ORDER - 1n })
  .map(key => fromHex(`0x${key.toString(16).padStart(64, '0')}`))

describe('createPureSigner', () => {
  it('signs as ethers does: deterministic, low s, EIP-2098', () => {
    check(
      fc.property(privateKeys, digests, (key, digest) => {
        const theirs = new SigningKey(key)
        const ours = createPureSigner(key)
        expect(toHex(ours.sign(digest))).toBe(theirs.sign(digest).compactSerialized)
        expect(toHex(ours.publicKey)).toBe(theirs.compressedPublicKey)
      }),
      30
    )
  })

  it('refuses keys off the curve', () => {
    expect(() => createPureSigner(new Uint8Array(32))).toThrow()
    expect(() => createPureSigner(new Uint8Array(31).fill(1))).toThrow()
    expect(() => createPureSigner(new Uint8Array(32).fill(0xff))).toThrow()
  })
})

describe('recoverPure', () => {
  const signer = createPureSigner(new Uint8Array(32).fill(7))
  const digest = keccak(Uint8Array.of(1))
  const signature = signer.sign(digest)

  it('finds the signer', () => {
    check(
      fc.property(privateKeys, digests, (key, anyDigest) => {
        const { address, publicKey, sign } = createPureSigner(key)
        expect(recoverPure(anyDigest, sign(anyDigest))).toEqual({ address, publicKey })
      }),
      30
    )
  })

  it('finds nobody, or somebody else, for any flipped bit', () => {
    for (let bit = 0; bit < 512; bit++) {
      const flipped = signature.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(recoverPure(digest, flipped)?.address).not.toBe(signer.address)
    }
  })

  it('finds somebody else for any other digest', () => {
    for (let bit = 0; bit < 256; bit += 7) {
      const other = digest.slice()
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(recoverPure(other, signature)?.address).not.toBe(signer.address)
    }
  })

  it('refuses the high-s form, so that a signature has one form only', () => {
    // EIP-2098 has no room for most of them; those between n/2 and 2^255 remain.
    const half = (ORDER + 1n) / 2n
    const r = signature.subarray(0, 32)
    const high = Uint8Array.from([...r, ...fromHex(`0x${half.toString(16).padStart(64, '0')}`)])
    expect(half < 2n ** 255n).toBe(true)
    expect(recoverPure(digest, high)).toBeUndefined()
    const low = Uint8Array.from([...r, ...fromHex(`0x${(half - 1n).toString(16).padStart(64, '0')}`)])
    expect(recoverPure(digest, low)).toBeDefined()
  })

  it.each([0, 1, 63, 65, 128])('refuses %s bytes', length => {
    const wrong = new Uint8Array(length)
    wrong.set(signature.subarray(0, Math.min(length, 64)))
    expect(recoverPure(digest, wrong)).toBeUndefined()
    expect(splitCompact(wrong)).toBeUndefined()
  })

  it('refuses 65 bytes with a v of their own', () => {
    const { serialized } = Signature.from(toHex(signature))
    expect(recoverPure(digest, fromHex(serialized))).toBeUndefined()
  })

  it.each([
    ['all zero', new Uint8Array(64)],
    ['all ones', new Uint8Array(64).fill(0xff)],
    ['r zero', Uint8Array.from([...new Uint8Array(32), ...new Uint8Array(32).fill(1)])],
    ['s zero', Uint8Array.from([...new Uint8Array(32).fill(1), ...new Uint8Array(32)])],
    ['r = n', Uint8Array.from([...fromHex(`0x${ORDER.toString(16)}`), ...new Uint8Array(32).fill(1)])]
  ])('refuses %s', (_, bytes) => {
    expect(recoverPure(digest, bytes)).toBeUndefined()
  })

  it('never throws, whatever the bytes', () => {
    check(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 40 }), (bytes, anyDigest) => {
        recoverPure(anyDigest, bytes)
      })
    )
  })

  it('leaves a Buffer it was given as it was', () => {
    const key = createPureSigner(new Uint8Array(32).fill(9))
    for (let i = 0; i < 8; i++) {
      const message = keccak(Uint8Array.of(i))
      const buffer = Buffer.from(key.sign(message))
      const before = buffer.toString('hex')
      expect(recoverPure(message, buffer)?.address).toBe(key.address)
      expect(buffer.toString('hex')).toBe(before)
    }
  })
})
