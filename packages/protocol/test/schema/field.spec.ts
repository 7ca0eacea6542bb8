import { inspect } from 'node:util'
import * as dagCbor from '@ipld/dag-cbor'
import { AbiCoder, keccak256, toUtf8Bytes } from 'ethers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  address,
  bytes,
  decode,
  encode,
  type Field,
  fromHex,
  hash,
  list,
  optional,
  text,
  toHex,
  uint,
  uint256,
  wei
} from '../../src/index.ts'
import { texts, weis } from '../helpers/arbitraries.ts'
import { check, expectCode } from '../helpers/check.ts'

/** What a field takes, and what it refuses both from us and from the wire. */
interface Row {
  readonly field: Field<never>
  readonly good: readonly unknown[]
  /** Refused when we are about to sign or send it. */
  readonly badValues: readonly unknown[]
  /** Refused when a peer sends it: values as dag-cbor knows them. */
  readonly badWire: readonly unknown[]
}

const any = (field: unknown) => field as Field<never>
const KINDS = [null, true, 'text', {}, [], new Uint8Array(1)]
const LONE = '\ud800'
const BOM = '\ufeff'

const rows: Record<string, Row> = {
  uint8: {
    field: any(uint(8)),
    good: [0, 1, 255],
    badValues: [256, -1, 1.5, -0, Number.NaN, '1', 1n, undefined],
    badWire: [256, -1, 1.5, ...KINDS]
  },
  uint16: { field: any(uint(16)), good: [0, 65535], badValues: [65536, -1], badWire: [65536, -1] },
  uint32: { field: any(uint(32)), good: [0, 2 ** 32 - 1], badValues: [2 ** 32, -1], badWire: [2 ** 32, -1] },
  uint64: {
    field: any(uint(64)),
    good: [0, 2 ** 53 - 1],
    badValues: [2 ** 53, Number.POSITIVE_INFINITY, -1],
    badWire: [2 ** 53, 2n ** 53n, 2n ** 64n - 1n, -(2n ** 60n), 1.5, ...KINDS]
  },
  wei: {
    field: any(wei),
    good: [0n, 1n, 255n, 256n, 2n ** 128n - 1n],
    badValues: [2n ** 128n, -1n, 1, '1', undefined],
    badWire: [1, null, 'x', [], Uint8Array.of(0), Uint8Array.of(0, 1), new Uint8Array(17).fill(1)]
  },
  uint256: {
    field: any(uint256),
    good: [0n, 1n, 2n ** 128n, 2n ** 256n - 1n],
    badValues: [2n ** 256n, -1n, 1, '1', undefined],
    badWire: [1, null, 'x', [], Uint8Array.of(0), Uint8Array.of(0, 1), new Uint8Array(33).fill(1)]
  },
  address: {
    field: any(address()),
    good: [`0x${'00'.repeat(20)}`, `0x${'ff'.repeat(20)}`],
    badValues: [`0x${'00'.repeat(19)}`, `0x${'00'.repeat(21)}`, '0x', 'text', `${'00'.repeat(21)}`, undefined, 7],
    badWire: [new Uint8Array(19), new Uint8Array(21), new Uint8Array(0), ...KINDS]
  },
  hash: {
    field: any(hash()),
    good: [`0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`],
    badValues: [`0x${'00'.repeat(31)}`, `0x${'00'.repeat(33)}`, '0x', undefined],
    badWire: [new Uint8Array(31), new Uint8Array(33), ...KINDS]
  },
  text: {
    field: any(text(4)),
    good: ['', 'abcd', 'éé', '🏝', '\u0000', '\uffff'],
    badValues: ['abcde', 'ééa', '🏝a', LONE, `a${LONE}`, `${LONE}a`, BOM, `${BOM}a`, undefined, 7],
    badWire: ['abcde', 'ééa', '🏝a', null, 7, [], {}, new Uint8Array(1)]
  },
  bytes: {
    field: any(bytes(4)),
    good: [new Uint8Array(0), new Uint8Array(4)],
    badValues: [new Uint8Array(5), '0x00', [0], undefined],
    badWire: [new Uint8Array(5), 'text', [0], null, {}]
  },
  list: {
    field: any(list(uint(8), 3)),
    good: [[], [1], [1, 2, 255]],
    badValues: [[1, 2, 3, 4], [256], ['a'], undefined, new Uint8Array(2)],
    badWire: [[1, 2, 3, 4], [256], ['a'], [null], null, {}, new Uint8Array(2)]
  },
  optional: {
    field: any(optional(uint(8))),
    good: [undefined, 0, 255],
    badValues: [256, null, 'a'],
    badWire: [256, 'a', [], {}]
  }
}

function named(values: readonly unknown[]): { name: string; value: unknown }[] {
  return values.map(value => ({ name: inspect(value), value }))
}

describe.each(Object.entries(rows))('%s', (_, { field, good, badValues, badWire }) => {
  it.each(named(good))('carries $name', ({ value }) => {
    expect(decode(field, encode(field, value as never))).toEqual(value)
  })

  it.each(named(badValues))('refuses to send $name', ({ value }) => {
    expectCode(() => encode(field, value as never), 'E_MALFORMED')
  })

  it.each(named(badWire))('refuses to receive $name', ({ value }) => {
    const bytes = dagCbor.encode(value)
    expectCode(() => decode(field, bytes), 'E_MALFORMED')
    // Messages are told apart before they are read, so a field has to refuse without help from decode.
    expectCode(() => field.fromWire(dagCbor.decode(bytes) as never, 'field'), 'E_MALFORMED')
  })
})

describe.each(Object.entries(rows).filter(([name]) => name !== 'optional'))('%s', (_, { field, badValues }) => {
  it.each(named(badValues))('refuses to hash $name', ({ value }) => {
    expectCode(() => field.word(value as never), 'E_MALFORMED')
  })
})

it('has no hash for a value that may be left out', () => {
  expect(() => optional(uint(8)).word(1)).toThrow(TypeError)
})

describe('words', () => {
  const abi = AbiCoder.defaultAbiCoder()

  it('pad as Solidity does', () => {
    check(
      fc.property(weis, fc.maxSafeNat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (amount, count, id) => {
        expect(toHex(wei.word(amount))).toBe(abi.encode(['uint128'], [amount]))
        expect(toHex(uint(64).word(count))).toBe(abi.encode(['uint64'], [count]))
        expect(toHex(hash().word(toHex(id)))).toBe(abi.encode(['bytes32'], [toHex(id)]))
        const account = toHex(id.subarray(0, 20))
        expect(toHex(address().word(account))).toBe(abi.encode(['address'], [account]))
      })
    )
  })

  it('hash text, bytes and lists', () => {
    check(
      fc.property(texts(200), fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(255), { maxLength: 9 }), (t, b, l) => {
        expect(toHex(text(200).word(t))).toBe(keccak256(toUtf8Bytes(t)))
        expect(toHex(bytes(200).word(b))).toBe(keccak256(b))
        const words = l.map(item => abi.encode(['uint8'], [item]).slice(2)).join('')
        expect(toHex(list(uint(8), 9).word(l))).toBe(keccak256(`0x${words}`))
      })
    )
  })
})

it('reads amounts of every size as they were written', () => {
  check(
    fc.property(weis, amount => {
      expect(decode(wei, encode(wei, amount))).toBe(amount)
    })
  )
})

it('does not keep or change what it was given', () => {
  const given = fromHex('0x0102')
  const [sent] = list(bytes(2), 1).toWire([given]) as Uint8Array[]
  expect(sent).toEqual(given)
  expect(decode(list(bytes(2), 1), encode(list(bytes(2), 1), [given]))[0]).not.toBe(given)
})
