import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  address,
  bytes,
  decode,
  encode,
  fromHex,
  hash,
  list,
  optional,
  type Struct,
  struct,
  text,
  toHex,
  uint,
  voucherType,
  wei
} from '../../src/index.ts'
import { check, expectCode } from '../helpers/check.ts'
import { createOracle } from '../helpers/ethers-oracle.ts'
import { nouns } from '../helpers/nouns.ts'

describe.each(nouns)('$name', ({ type, values }) => {
  const oracle = createOracle(type.encodedType)

  it('comes back from its bytes as it was', () => {
    check(
      fc.property(values, value => {
        expect(decode(type, encode(type, value))).toEqual(value)
      })
    )
  })

  it('has the type and the hash that ethers gives it', () => {
    expect(oracle.encodeType).toBe(type.encodedType)
    check(
      fc.property(values, value => {
        expect(toHex(type.hashStruct(value))).toBe(oracle.structHash(value as object))
      }),
      50
    )
  })

  it('carries every field and nothing else', () => {
    const keys = Object.keys(decode(type, encode(type, sampleOf(values))) as object)
    expect([...keys].sort()).toEqual(Object.keys(type.fields).sort())
  })
})

function sampleOf<T>(values: fc.Arbitrary<T>): T {
  return fc.sample(values, { seed: 1, numRuns: 1 })[0] as T
}

describe('encodeType', () => {
  const leaf = struct('Leaf', { x: uint(8) })
  const apple = struct('Apple', { leaf, list: list(leaf, 2) })

  it('names each struct it refers to once, sorted by name, itself first', () => {
    const tree = struct('Tree', { leaf, apples: list(apple, 2) })
    expect(tree.encodedType).toBe('Tree(Leaf leaf,Apple[] apples)Apple(Leaf leaf,Leaf[] list)Leaf(uint8 x)')
    expect(createOracle(tree.encodedType).encodeType).toBe(tree.encodedType)
  })

  it('hashes structs inside structs and lists of them as ethers does', () => {
    const tree = struct('Tree', { leaf, apples: list(apple, 2) })
    const value = {
      leaf: { x: 1 },
      apples: [
        { leaf: { x: 2 }, list: [{ x: 3 }, { x: 4 }] },
        { leaf: { x: 5 }, list: [] }
      ]
    }
    expect(toHex(tree.hashStruct(value))).toBe(createOracle(tree.encodedType).structHash(value))
  })
})

describe('decode', () => {
  const type = struct('Pair', { a: uint(64), bb: text(8) })
  const hex = (bytes: string) => fromHex(`0x${bytes.replaceAll(' ', '')}`)
  const CANONICAL = 'a2 6161 01 626262 6178'

  it('takes the one canonical form', () => {
    expect(decode(type, hex(CANONICAL))).toEqual({ a: 1, bb: 'x' })
  })

  it.each([
    ['no bytes', ''],
    ['keys out of order', 'a2 626262 6178 6161 01'],
    ['a key twice', 'a2 6161 01 6161 01'],
    ['a key more', 'a3 6161 01 6163 01 626262 6178'],
    ['a key less', 'a1 6161 01'],
    ['another key', 'a2 6161 01 626263 6178'],
    ['a key of Object.prototype', 'a2 6161 01 69 5f5f70726f746f5f5f 6178'],
    ['a byte after the end', `${CANONICAL} 00`],
    ['a value after the end', `${CANONICAL} ${CANONICAL}`],
    ['a map cut short', 'a2 6161 01'],
    ['a map of indefinite length', 'bf 6161 01 626262 6178 ff'],
    ['text of indefinite length', 'a2 6161 01 626262 7f 6178 ff'],
    ['an integer in more bytes than needed (1)', 'a2 6161 1801 626262 6178'],
    ['an integer in more bytes than needed (2)', 'a2 6161 190001 626262 6178'],
    ['an integer in more bytes than needed (4)', 'a2 6161 1a00000001 626262 6178'],
    ['an integer in more bytes than needed (8)', 'a2 6161 1b0000000000000001 626262 6178'],
    ['a length in more bytes than needed', 'a2 6161 01 626262 780178'],
    ['a whole number as half-precision float', 'a2 6161 f93c00 626262 6178'],
    ['a whole number as single-precision float', 'a2 6161 fa3f800000 626262 6178'],
    ['a whole number as double-precision float', 'a2 6161 fb3ff0000000000000 626262 6178'],
    ['minus zero', 'a2 6161 fb8000000000000000 626262 6178'],
    ['not a number', 'a2 6161 fb7ff8000000000000 626262 6178'],
    ['infinity', 'a2 6161 fb7ff0000000000000 626262 6178'],
    ['a negative integer', 'a2 6161 20 626262 6178'],
    ['2^53', 'a2 6161 1b0020000000000000 626262 6178'],
    ['2^64 - 1', 'a2 6161 1bffffffffffffffff 626262 6178'],
    ['a big number tag', 'a2 6161 c24101 626262 6178'],
    ['a tag', `c0 ${CANONICAL}`],
    ['undefined', 'a2 6161 f7 626262 6178'],
    ['a simple value', 'a2 6161 e1 626262 6178'],
    ['UTF-8 cut short', 'a2 6161 01 626262 61c3'],
    ['a surrogate in UTF-8', 'a2 6161 01 626262 63eda080'],
    ['UTF-8 in more bytes than needed', 'a2 6161 01 626262 62c1a1'],
    ['a byte order mark', 'a2 6161 01 626262 64efbbbf78'],
    ['bytes for text', 'a2 6161 01 626262 4178'],
    ['a key of bytes', 'a2 4161 01 626262 6178'],
    ['a list', '82 01 6178'],
    ['bytes', '420102'],
    ['null', 'f6']
  ])('refuses %s', (_, bytes) => {
    expectCode(() => decode(type, hex(bytes)), 'E_MALFORMED')
  })

  it.each([
    ['a field more', { a: 1, bb: 'x', c: 1 }],
    ['a field less', { a: 1 }],
    ['another field', { a: 1, b: 'x' }],
    ['fields of its prototype', Object.create({ a: 1, bb: 'x' })],
    ['a list', [1, 'x']],
    ['a megabyte', new Uint8Array(1 << 20)],
    ['null', null],
    ['nothing', undefined]
  ])('refuses %s without help from the codec', (_, data) => {
    expectCode(() => type.fromWire(data, 'Pair'), 'E_MALFORMED')
  })

  it('refuses a claim of more items than there are bytes, at once', () => {
    const startedMs = performance.now()
    for (const head of ['9bffffffffffffff00', '9affffffff', 'bbffffffffffffff00', '5bffffffffffffff00', '7affffffff']) {
      expectCode(() => decode(list(uint(8), 3), hex(head)), 'E_MALFORMED')
    }
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })

  it.each(['81', 'a16161', 'd82a'])('refuses nesting that exhausts the stack (%s…)', head => {
    const deep = new Uint8Array(1 << 20)
    const unit = hex(head)
    for (let at = 0; at + unit.length <= deep.length; at += unit.length) deep.set(unit, at)
    expectCode(() => decode(type, deep), 'E_MALFORMED')
  })

  it('says what was expected and where, never what was sent', () => {
    try {
      decode(struct('Outer', { pairs: list(type, 2) }), encode(struct('Outer', { pairs: list(wide, 2) }), secret))
      expect.unreachable()
    } catch (err) {
      expect(err).toMatchObject({ code: 'E_MALFORMED', facts: { path: 'Outer.pairs[1].bb' } })
      expect(String(err)).not.toContain('secret')
    }
  })
})

const wide = struct('Pair', { a: uint(64), bb: text(80) })
const secret = {
  pairs: [
    { a: 1, bb: 'short' },
    { a: 2, bb: 'a secret that is too long' }
  ]
}

/** Every kind of field at once. */
const everything = struct('Everything', {
  address: address(),
  bytes: bytes(40),
  hash: hash(),
  list: list(struct('Item', { text: text(20), maybe: optional(voucherType) }), 3),
  number: uint(64),
  amount: wei
})

const everyValue = {
  address: `0x${'11'.repeat(20)}`,
  bytes: Uint8Array.of(1, 2, 3),
  hash: `0x${'22'.repeat(32)}`,
  list: [
    { text: 'é', maybe: undefined },
    { text: '', maybe: { channel: `0x${'33'.repeat(32)}`, cumulative: 7n, commitment: `0x${'44'.repeat(32)}` } }
  ],
  number: 300,
  amount: 2n ** 100n
} as const

describe('hostile bytes', () => {
  const types: [string, Struct<unknown>, Uint8Array][] = [
    ...nouns.map(({ name, type, values }): [string, Struct<unknown>, Uint8Array] => [
      name,
      type,
      encode(type, sampleOf(values))
    ]),
    ['Everything', everything as Struct<unknown>, encode(everything, everyValue as never)]
  ]

  /** Either refused as malformed, or the one encoding of what came out. */
  function decodesOrRefuses(type: Struct<unknown>, bytes: Uint8Array): void {
    let value: unknown
    try {
      value = decode(type, bytes)
    } catch (err) {
      expect(err).toMatchObject({ name: 'SchemaError', code: 'E_MALFORMED' })
      return
    }
    expect(toHex(encode(type, value))).toBe(toHex(bytes))
  }

  it.each(types)('%s: any bytes at all', (_, type) => {
    check(
      fc.property(fc.uint8Array({ maxLength: 400 }), bytes => decodesOrRefuses(type, bytes)),
      300
    )
  })

  it.each(types)('%s: good bytes with some changed', (_, type, good) => {
    const change = fc.record({ at: fc.nat(good.length - 1), to: fc.nat(255) })
    const changes = fc.array(change, { minLength: 1, maxLength: 4 })
    check(
      fc.property(changes, list => {
        const bytes = good.slice()
        for (const { at, to } of list) bytes[at] = to
        decodesOrRefuses(type, bytes)
      }),
      500
    )
  })

  it.each(types)('%s: good bytes cut, doubled or with some left out', (_, type, good) => {
    check(
      fc.property(fc.nat(good.length), fc.nat(good.length), (from, to) => {
        if (from === to) return
        decodesOrRefuses(type, good.subarray(from))
        decodesOrRefuses(type, good.subarray(0, to))
        decodesOrRefuses(type, Uint8Array.from([...good.subarray(0, from), ...good.subarray(to)]))
      }),
      100
    )
  })

  it.each(types)('%s: each single byte changed is refused or means something else', (_, type, good) => {
    const original = decode(type, good)
    for (let at = 0; at < good.length; at++) {
      const bytes = good.slice()
      bytes[at] = (bytes[at] as number) ^ 1
      try {
        expect(decode(type, bytes)).not.toEqual(original)
      } catch (err) {
        expect(err).toMatchObject({ code: 'E_MALFORMED' })
      }
    }
  })
})

describe('Node Buffers', () => {
  const type = struct('Blob', { data: bytes(8) })

  it('go in, plain bytes come out', () => {
    const encoded = encode(type, { data: Buffer.from([1, 2, 3]) })
    expect(encoded.constructor).toBe(Uint8Array)
    expect(toHex(encoded)).toBe(toHex(encode(type, { data: Uint8Array.of(1, 2, 3) })))
    expect(decode(type, Buffer.from(encoded)).data.constructor).toBe(Uint8Array)
  })

  it('can be used again once decoded', () => {
    const frame = Buffer.from(encode(type, { data: Uint8Array.of(1, 2, 3) }))
    const { data } = decode(type, frame)
    frame.fill(0)
    expect([...data]).toEqual([1, 2, 3])
  })
})
