import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CLAIMS_BYTES_MAX,
  CLAIMS_DEPTH_MAX,
  type Claims,
  claimsHash,
  decodeClaims,
  encodeClaims
} from '../../src/index.ts'
import { check, expectCode } from '../helpers/check.ts'

const leaf = fc.oneof(fc.string({ maxLength: 20 }), fc.maxSafeInteger(), fc.boolean())
const { value: claimValue } = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 8 }), tie('value'), { maxKeys: 4 })
  )
}))
const anyClaims = fc
  .dictionary(fc.string({ maxLength: 8 }), claimValue, { maxKeys: 5 })
  .filter(claims => !JSON.stringify(claims).includes('__proto__')) as fc.Arbitrary<Claims>

function nested(levels: number): Claims {
  let claims: Claims = { deepest: true }
  for (let i = 1; i < levels; i++) claims = { a: claims }
  return claims
}

it('come back from their bytes, and from JSON, as they were', () => {
  check(
    fc.property(anyClaims, claims => {
      const data = encodeClaims(claims)
      expect(encodeClaims(decodeClaims(data))).toEqual(data)
      expect(claimsHash(JSON.parse(JSON.stringify(claims)))).toBe(claimsHash(claims))
    })
  )
})

it('hash the same whatever order they are written in', () => {
  expect(claimsHash({ a: 1, bb: 2 })).toBe(claimsHash({ bb: 2, a: 1 }))
  expect(claimsHash({ a: 1, bb: 2 })).not.toBe(claimsHash({ a: 2, bb: 1 }))
})

describe('are refused', () => {
  it.each<[string, unknown]>([
    ['a list', []],
    ['text', 'text'],
    ['nothing', null],
    ['bytes', new Uint8Array(3)],
    ['a fraction', { a: 0.5 }],
    ['a number that is rounded', { a: 2 ** 53 }],
    ['minus zero', { a: -0 }],
    ['not a number', { a: Number.NaN }],
    ['a bigint', { a: 1n }],
    ['null inside', { a: null }],
    ['undefined inside', { a: undefined }],
    ['bytes inside', { a: new Uint8Array(1) }],
    ['a hole in a list', { a: new Array(1) }],
    ['half a character', { a: '\ud800' }],
    ['a name of half a character', { '\ud800': 1 }],
    ['a byte order mark', { a: '\ufefftext' }],
    ['a name that changes what an object is', JSON.parse('{"a":{"__proto__":{"b":1}}}')]
  ])('%s', (_, value) => {
    expectCode(() => encodeClaims(value as Claims), 'E_MALFORMED')
  })

  it('with one level more than CLAIMS_DEPTH_MAX', () => {
    expect(decodeClaims(encodeClaims(nested(CLAIMS_DEPTH_MAX)))).toEqual(nested(CLAIMS_DEPTH_MAX))
    expectCode(() => encodeClaims(nested(CLAIMS_DEPTH_MAX + 1)), 'E_MALFORMED')
  })

  it('with one byte more than CLAIMS_BYTES_MAX', () => {
    const overhead = encodeClaims({ a: 'x'.repeat(1000) }).length - 1000
    const largest = encodeClaims({ a: 'x'.repeat(CLAIMS_BYTES_MAX - overhead) })
    expect(largest.length).toBe(CLAIMS_BYTES_MAX)
    decodeClaims(largest)
    expectCode(() => encodeClaims({ a: 'x'.repeat(CLAIMS_BYTES_MAX - overhead + 1) }), 'E_MALFORMED')
    expectCode(() => decodeClaims(new Uint8Array(CLAIMS_BYTES_MAX + 1)), 'E_MALFORMED')
  })

  it('in bytes that are not the one encoding', () => {
    expectCode(() => decodeClaims(Uint8Array.of(0xff)), 'E_MALFORMED')
    // {"bb": 1, "a": 2}: names out of order.
    expectCode(() => decodeClaims(Uint8Array.of(0xa2, 0x62, 0x62, 0x62, 1, 0x61, 0x61, 2)), 'E_MALFORMED')
    // {"a": 1} with a number longer than need be.
    expectCode(() => decodeClaims(Uint8Array.of(0xa1, 0x61, 0x61, 0x18, 1)), 'E_MALFORMED')
  })
})
