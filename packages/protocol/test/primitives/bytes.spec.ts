import { keccak256 } from 'ethers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bytesToUint, keccak, toHex, uintToBytes } from '../../src/index.ts'
import { check } from '../helpers/check.ts'

it('hashes parts as if they were one, as ethers does', () => {
  check(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), parts => {
      const whole = Uint8Array.from(parts.flatMap(part => [...part]))
      expect(toHex(keccak(...parts))).toBe(keccak256(whole))
    })
  )
})

it('writes and reads big-endian integers of any width', () => {
  check(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.bigInt({ min: 0n, max: 2n ** 320n }), (length, value) => {
      const fitting = BigInt.asUintN(8 * length, value)
      const bytes = uintToBytes(fitting, length)
      expect(bytes.length).toBe(length)
      expect(bytesToUint(bytes)).toBe(fitting)
    })
  )
})

it.each([
  [256n, 1],
  [-1n, 4],
  [2n ** 128n, 16],
  [1n, 0]
])('refuses %s in %s bytes', (value, length) => {
  expect(() => uintToBytes(value, length)).toThrow(RangeError)
})

it('takes the largest value that fits', () => {
  expect(toHex(uintToBytes(2n ** 128n - 1n, 16))).toBe(`0x${'ff'.repeat(16)}`)
  expect(bytesToUint(new Uint8Array(0))).toBe(0n)
})
