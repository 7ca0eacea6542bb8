import { AbiCoder, keccak256, solidityPacked } from 'ethers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { channelId, channelSigner, decodeMeta, encodeMeta, ZERO_ADDRESS } from '../../src/index.ts'
import { addresses, channelKeys, uints } from '../helpers/arbitraries.ts'
import { check } from '../helpers/check.ts'

const salts = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

it('has the id that Solidity computes', () => {
  check(
    fc.property(channelKeys, key => {
      const types = ['address', 'address', 'address', 'address', 'bytes32']
      const words = [key.payer, key.payee, key.token, key.arbiter, key.meta]
      expect(channelId(key)).toBe(keccak256(AbiCoder.defaultAbiCoder().encode(types, words)))
    })
  )
})

describe('meta', () => {
  it('packs and unpacks as Solidity does', () => {
    check(
      fc.property(addresses, uints(32), salts, (signer, closeDelaySec, salt) => {
        const meta = encodeMeta({ signer, closeDelaySec, salt })
        expect(meta).toBe(solidityPacked(['address', 'uint32', 'uint64'], [signer, closeDelaySec, salt]))
        expect(decodeMeta(meta)).toEqual({ signer, closeDelaySec, salt })
        const shouted = `0x${meta.slice(2).toUpperCase()}` as const
        expect(decodeMeta(shouted)).toEqual({ signer, closeDelaySec, salt })
      })
    )
  })

  it.each([
    ['a signer of 19 bytes', { signer: `0x${'11'.repeat(19)}` as const, closeDelaySec: 0, salt: 0n }],
    ['a signer of 32 bytes', { signer: `0x${'11'.repeat(32)}` as const, closeDelaySec: 0, salt: 0n }],
    ['a delay of 2^32', { signer: ZERO_ADDRESS, closeDelaySec: 2 ** 32, salt: 0n }],
    ['a delay below zero', { signer: ZERO_ADDRESS, closeDelaySec: -1, salt: 0n }],
    ['half a second of delay', { signer: ZERO_ADDRESS, closeDelaySec: 0.5, salt: 0n }],
    ['a salt of 2^64', { signer: ZERO_ADDRESS, closeDelaySec: 0, salt: 2n ** 64n }]
  ])('does not hold %s', (_, meta) => {
    expect(() => encodeMeta(meta)).toThrow(RangeError)
  })

  it('is 32 bytes', () => {
    expect(() => decodeMeta('0x')).toThrow(RangeError)
    expect(() => decodeMeta(`0x${'00'.repeat(33)}`)).toThrow(RangeError)
  })
})

it('is not identified by parts of another length', () => {
  const key = { payer: ZERO_ADDRESS, payee: ZERO_ADDRESS, token: ZERO_ADDRESS, arbiter: ZERO_ADDRESS }
  const meta = `0x${'00'.repeat(32)}` as const
  expect(() => channelId({ ...key, meta: '0x00' })).toThrow(RangeError)
  expect(() => channelId({ ...key, meta, payer: `0x${'00'.repeat(19)}` })).toThrow(RangeError)
})

it('honours the vouchers of its signer, or of the payer when it names none', () => {
  check(
    fc.property(channelKeys, addresses, (key, signer) => {
      const terms = { closeDelaySec: 1, salt: 2n }
      expect(channelSigner({ ...key, meta: encodeMeta({ ...terms, signer: ZERO_ADDRESS }) })).toBe(key.payer)
      if (signer === ZERO_ADDRESS) return
      expect(channelSigner({ ...key, meta: encodeMeta({ ...terms, signer }) })).toBe(signer)
    })
  )
})
