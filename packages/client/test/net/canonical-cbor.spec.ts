import { describe, expect, it } from 'vitest'
import { decodeCanonical, encodeCanonical } from '../../src/net/canonical-cbor.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('canonical dag-cbor', () => {
  it('returns what was said', () => {
    const value = { a: 1, bb: [null, true, 'é', new Uint8Array([1, 2])], c: 2n ** 60n, d: -5, e: 1.5 }
    expect(decodeCanonical(encodeCanonical(value))).toEqual(value)
  })

  it.each([
    ['unsorted keys', 'a2 62 6262 01 61 61 02', 'E_MESSAGE_NOT_CANONICAL'],
    ['a short float', 'fa 3fc00000', 'E_MESSAGE_NOT_CANONICAL'],
    ['a number in too many bytes', '18 01', 'E_MESSAGE_INVALID'],
    ['an indefinite list', '9f 01 ff', 'E_MESSAGE_INVALID'],
    ['a repeated key', 'a2 61 61 01 61 61 02', 'E_MESSAGE_INVALID'],
    ['NaN', 'fb 7ff8000000000000', 'E_MESSAGE_INVALID'],
    ['an unknown tag', 'c1 01', 'E_MESSAGE_INVALID'],
    ['two values', '01 02', 'E_MESSAGE_INVALID'],
    ['half a value', '82 01', 'E_MESSAGE_INVALID'],
    ['a list that claims four billion entries', '9a ffffffff', 'E_MESSAGE_INVALID'],
    ['bytes that claim to be endless', '5b 00ffffffffffffff', 'E_MESSAGE_INVALID'],
    ['nothing', '', 'E_MESSAGE_INVALID']
  ])('refuses %s', (_, bytes, code) => {
    expect(() => decodeCanonical(hex(bytes))).toThrow(expect.objectContaining({ code }))
  })

  it('survives nesting that would exhaust the stack', () => {
    const deep = new Uint8Array(64 * 1024).fill(0x81)
    expect(() => decodeCanonical(deep)).toThrow(expect.objectContaining({ code: 'E_MESSAGE_INVALID' }))
    deep[deep.length - 1] = 0x01
    expect(() => decodeCanonical(deep)).toThrow(expect.objectContaining({ code: 'E_MESSAGE_INVALID' }))
  })

  it.each([undefined, { a: undefined }, () => {}, Number.NaN])('does not encode %s', value => {
    expect(() => encodeCanonical(value)).toThrow(expect.objectContaining({ code: 'E_MESSAGE_INVALID' }))
  })
})
