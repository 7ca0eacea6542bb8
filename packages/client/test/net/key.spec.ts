import { generateKeyPair } from '@libp2p/crypto/keys'
import { describe, expect, it } from 'vitest'
import {
  parsePeerId,
  peerIdFromPrivate,
  peerIdFromPublicKey,
  privateKeyFromBytes,
  privateKeyToBytes,
  publicKeyFromPeerId
} from '../../src/net/key.ts'

// The private key 1: its public key is the curve's generator (SEC 2, 2.4.1).
const ONE = Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 1 : 0))
const GENERATOR = Uint8Array.from(
  Buffer.from('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798', 'hex')
)
const ORDER = Uint8Array.from(Buffer.from('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141', 'hex'))

describe('keys', () => {
  it('leads from a raw private key to the PeerId of its public key, and back', () => {
    const key = privateKeyFromBytes(ONE)
    expect(privateKeyToBytes(key)).toEqual(ONE)
    expect(publicKeyFromPeerId(peerIdFromPrivate(key))).toEqual(GENERATOR)
    expect(peerIdFromPublicKey(GENERATOR).equals(peerIdFromPrivate(key))).toBe(true)
  })

  it('reads its own text form', () => {
    const peer = peerIdFromPublicKey(GENERATOR)
    expect(peer.toString()).toMatch(/^16Uiu2HA/)
    expect(parsePeerId(peer.toString()).equals(peer)).toBe(true)
  })

  it.each([
    ['31 bytes', ONE.subarray(1)],
    ['33 bytes', GENERATOR],
    ['zero', new Uint8Array(32)],
    ['the order of the curve', ORDER]
  ])('refuses a private key that is %s, without showing it', (_, raw) => {
    expect(() => privateKeyFromBytes(raw)).toThrow(
      expect.objectContaining({ code: 'E_KEY_INVALID', facts: { byteLength: raw.byteLength } })
    )
  })

  it.each([
    ['too short', GENERATOR.subarray(1)],
    ['not on the curve', Uint8Array.from({ length: 33 }, (_, i) => (i === 0 ? 2 : 0xff))]
  ])('refuses a public key that is %s', (_, raw) => {
    expect(() => peerIdFromPublicKey(raw)).toThrow(expect.objectContaining({ code: 'E_KEY_INVALID' }))
  })

  it('refuses keys of another kind', async () => {
    const ed25519 = await generateKeyPair('Ed25519')
    expect(() => privateKeyToBytes(ed25519)).toThrow(expect.objectContaining({ code: 'E_KEY_INVALID' }))
    expect(() => publicKeyFromPeerId(peerIdFromPrivate(ed25519))).toThrow(
      expect.objectContaining({ code: 'E_KEY_INVALID' })
    )
    expect(() => parsePeerId(peerIdFromPrivate(ed25519).toString())).toThrow(
      expect.objectContaining({ code: 'E_KEY_INVALID' })
    )
    expect(() => parsePeerId('16Uiu2nonsense')).toThrow(expect.objectContaining({ code: 'E_KEY_INVALID' }))
  })
})
