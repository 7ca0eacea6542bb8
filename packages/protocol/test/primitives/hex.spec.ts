import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, isHex, sameHex, toHex, ZERO_ADDRESS, ZERO_HASH } from '../../src/index.ts'
import { check } from '../helpers/check.ts'

it('reads what it writes, in either letter case', () => {
  check(
    fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
      const hex = toHex(bytes)
      expect(hex).toBe(`0x${Buffer.from(bytes).toString('hex')}`)
      expect([...fromHex(hex)]).toEqual([...bytes])
      expect([...fromHex(`0x${hex.slice(2).toUpperCase()}`, bytes.length)]).toEqual([...bytes])
    })
  )
})

const WRONG = ['', '0', '0x0', '00', '0X00', '0xg0', '0x00 ', ' 0x00', '0x00\n', '0xé0', '0x0x00']

describe.each(WRONG)('%j', text => {
  it('is no hex', () => {
    expect(isHex(text)).toBe(false)
    expect(() => fromHex(text)).toThrow(RangeError)
  })
})

it.each([undefined, null, 7, {}, new Uint8Array(2)])('%s is no hex', value => {
  expect(isHex(value)).toBe(false)
})

it('holds an exact length where one is asked for', () => {
  expect(isHex(ZERO_ADDRESS, 20)).toBe(true)
  expect(isHex(ZERO_HASH, 32)).toBe(true)
  expect(isHex('0x', 0)).toBe(true)
  expect(isHex(`${ZERO_ADDRESS}00`, 20)).toBe(false)
  expect(() => fromHex(ZERO_ADDRESS, 32)).toThrow(RangeError)
})

it('compares without regard to case', () => {
  expect(sameHex('0xAbC0', '0xaBc0')).toBe(true)
  expect(sameHex('0xabc0', '0xabc1')).toBe(false)
})
