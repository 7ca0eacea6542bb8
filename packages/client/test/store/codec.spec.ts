import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue } from '../../src/store/codec.ts'

const { value } = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter(number => !Object.is(number, -0)),
    fc.bigInt({ min: -(2n ** 256n), max: 2n ** 256n }),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array(),
    fc.array(tie('value')),
    fc.dictionary(
      fc.string().filter(key => key !== '__proto__'),
      tie('value'),
      { noNullPrototype: true }
    )
  )
}))

describe('stored values', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(value, original => {
        expect(decodeValue(encodeValue(original))).toStrictEqual(original)
      })
    )
  })

  it('keep a number and a bigint of the same size apart', () => {
    for (const pair of [
      [0, 0n],
      [5, 5n],
      [-1, -1n],
      [2 ** 53, 2n ** 53n]
    ]) {
      expect(decodeValue(encodeValue(pair))).toStrictEqual(pair)
    }
    expect(decodeValue(encodeValue(-(2n ** 127n)))).toBe(-(2n ** 127n))
  })

  it('leave out properties that are undefined', () => {
    expect(decodeValue(encodeValue({ a: undefined, b: 1 }))).toStrictEqual({ b: 1 })
  })

  it.each([
    ['undefined', undefined],
    ['undefined in a list', [undefined]],
    ['a map', new Map([['a', 1]])],
    ['a function', { a: () => {} }],
    ['a class instance', { a: new (class Thing {})() }],
    ['an error', new Error('x')],
    ['a symbol', Symbol('x')]
  ])('are not %s', (_, bad) => {
    expect(() => encodeValue(bad)).toThrow(expect.objectContaining({ code: 'E_STORE_VALUE' }))
  })

  it.each([
    ['nothing', ''],
    ['half a value', '8201'],
    ['an unknown tag', 'c101'],
    ['a tagged text', 'c26161']
  ])('are not read from %s', (_, hex) => {
    expect(() => decodeValue(Buffer.from(hex, 'hex'))).toThrow(expect.objectContaining({ code: 'E_STORE_CORRUPT' }))
  })
})
