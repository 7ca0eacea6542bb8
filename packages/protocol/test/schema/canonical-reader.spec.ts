import * as dagCbor from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  address,
  bytes,
  decode,
  encode,
  type Field,
  hash,
  list,
  signed,
  struct,
  text,
  toHex,
  uint,
  wei
} from '../../src/index.ts'
import { readWhole } from '../../src/schema/canonical-reader.ts'

const inner = struct('Inner', { a: uint(8), longerName: text(40), aKeyOfMoreThanTwentyThreeLetters: uint(32) })
const outer = struct('Outer', {
  who: address(),
  id: hash(),
  count: uint(64),
  amount: wei,
  names: list(text(300), 30),
  inner,
  data: bytes(70_000)
})

const hexOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(toHex)
const value = fc.record({
  who: hexOf(20),
  id: hexOf(32),
  count: fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32)),
  amount: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
  names: fc.array(fc.oneof(fc.string({ maxLength: 30 }), fc.constant('x'.repeat(300))), { maxLength: 30 }),
  inner: fc.record({
    a: fc.nat(255),
    longerName: fc.string({ unit: 'binary', maxLength: 10 }).filter(name => !name.startsWith('\ufeff')),
    aKeyOfMoreThanTwentyThreeLetters: fc.nat()
  }),
  data: fc.uint8Array({ maxLength: 300 })
})

/** What the general way comes to: a tree, checked, and written again to compare. */
function decodeSlowly<T>(field: Field<T>, data: Uint8Array): T | undefined {
  const { read: _, ...slow } = field
  try {
    return decode(slow as Field<T>, data)
  } catch {
    return undefined
  }
}

const quick = (data: Uint8Array) => readWhole(outer.read!, data)

describe('reading canonical bytes straight', () => {
  it('comes to the same as the general way, field by field and in the same order', () => {
    fc.assert(
      fc.property(value, whole => {
        const data = encode(outer, whole)
        const slowly = decodeSlowly(outer, data)
        expect(decode(outer, data)).toEqual(slowly)
        expect(Object.keys(decode(outer, data))).toEqual(Object.keys(slowly!))
        const isPlain = [whole.inner.longerName, ...whole.names].every(name => /^[\0-\x7f]*$/.test(name))
        expect(quick(data) !== undefined).toBe(isPlain)
      })
    )
  })

  it('takes nothing that the general way refuses, whatever was changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(value, changes, fc.nat(3), (whole, edits, cut) => {
        const data = encode(outer, whole)
        for (const [at, byte] of edits) data[at % data.length] = byte
        const cutOff = cut === 0 ? data.subarray(0, -1) : data
        const read = quick(cutOff)
        if (read !== undefined) expect(read).toEqual(decodeSlowly(outer, cutOff))
      }),
      { numRuns: 2_000 }
    )
  })

  it.each<[string, Uint8Array]>([
    ['an integer in too many bytes', Uint8Array.of(0x18, 5)],
    ['an integer of two bytes in four', Uint8Array.of(0x1a, 0, 0, 1, 0)],
    ['an integer beyond what is exact', dagCbor.encode(2n ** 53n)],
    ['an indefinite length', Uint8Array.of(0x1f)],
    ['half an integer', Uint8Array.of(0x19, 1)],
    ['nothing', new Uint8Array(0)]
  ])('does not take %s', (_what, data) => {
    expect(readWhole(uint(64).read!, data)).toBeUndefined()
  })

  it.each<[string, Uint8Array]>([
    ['text that claims to be longer than there are bytes', Uint8Array.of(0x65, 97)],
    ['text that claims to be endless', Uint8Array.of(0x7b, 255, 255, 255, 255, 255, 255, 255, 255)],
    ['text beyond its bound', dagCbor.encode('x'.repeat(6))]
  ])('does not take %s', (_what, data) => {
    expect(readWhole(text(5).read!, data)).toBeUndefined()
  })

  it('hands out bytes of its own', () => {
    const data = encode(bytes(4), Uint8Array.of(1, 2, 3))
    const read = decode(bytes(4), data)
    data.fill(9)
    expect(read).toEqual(Uint8Array.of(1, 2, 3))
    const type = signed(inner)
    const body = { a: 1, longerName: 'x', aKeyOfMoreThanTwentyThreeLetters: 2 }
    const frame = Buffer.from(encode(type, { body, signature: new Uint8Array(64).fill(7) }))
    const { signature } = decode(type, frame)
    frame.fill(0)
    expect(signature).toEqual(new Uint8Array(64).fill(7))
    expect(signature.constructor).toBe(Uint8Array)
  })
})
