import * as dagCbor from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testCid, testHash } from '../../scripts/vector-files/keys.ts'
import {
  buyerMessages,
  type ChannelKey,
  CID_BYTES_MAX,
  LABEL_BYTES_MAX,
  NEGOTIATE_FRAME_BYTES_MAX,
  PAYS_MAX,
  type Payment,
  providerMessages,
  type ToBuyer,
  type ToProvider,
  ZERO_HASH
} from '../../src/index.ts'
import { channelKeys } from '../helpers/arbitraries.ts'
import { check, codeOf, expectCode } from '../helpers/check.ts'
import { dealOf } from '../helpers/market.ts'

const { demand, bid, agreement, id } = dealOf()
const signature = new Uint8Array(64)
const channel = fc.sample(channelKeys, { seed: 1, numRuns: 1 })[0] as ChannelKey
const failure = { code: 'E_BUSY', fault: 'host', message: 'no room' }
const voucher = { body: { channel: ZERO_HASH, cumulative: 7n, commitment: ZERO_HASH }, signature }
const receipt = {
  body: {
    agreement: id,
    sequence: 0,
    kind: 1,
    result: ZERO_HASH,
    usage: { runMs: 1, memoryBytes: 2, outputBytes: 3, fuel: 0 },
    amount: 4n,
    issuedAt: 5
  },
  signature
}
const result = { exitCode: 0, stdout: testCid('out'), output: testCid('files') }
const paymentOf = (pays: number): Payment => ({
  fromSize: Number.MAX_SAFE_INTEGER,
  pays: Array.from({ length: pays }, (_, i) => ({ agreement: testHash(`${i}`), sequence: 2 ** 32 - 1 })),
  voucher
})

const toProvider: ToProvider[] = [
  { type: 'demand', value: demand },
  { type: 'accept', value: { agreement, channel } },
  { type: 'payment', value: paymentOf(0) },
  { type: 'payment', value: paymentOf(PAYS_MAX) },
  { type: 'cancel', value: { agreement: id } },
  { type: 'resume', value: { agreement: id } }
]

const toBuyer: ToBuyer[] = [
  { type: 'bid', value: bid },
  { type: 'refusal', value: { regarding: ZERO_HASH, failure } },
  { type: 'progress', value: { agreement: id, stage: 's'.repeat(LABEL_BYTES_MAX) } },
  { type: 'receipt', value: { receipt, result: undefined, stderr: new Uint8Array(0) } },
  { type: 'receipt', value: { receipt, result, stderr: new Uint8Array(CID_BYTES_MAX) } },
  { type: 'failure', value: { agreement: id, failure } },
  { type: 'acknowledgement', value: { channel: ZERO_HASH, size: 3, cumulative: 7n } }
]

it.each(toProvider)('buyer says $type', message => {
  const bytes = dagCbor.encode(providerMessages.toWire(message))
  expect(providerMessages.fromWire(dagCbor.decode(bytes))).toEqual(message)
  expect(bytes.length).toBeLessThan(NEGOTIATE_FRAME_BYTES_MAX)
  expectCode(() => buyerMessages.fromWire(dagCbor.decode(bytes)), 'E_MALFORMED')
})

it.each(toBuyer)('provider says $type', message => {
  const bytes = dagCbor.encode(buyerMessages.toWire(message))
  expect(buyerMessages.fromWire(dagCbor.decode(bytes))).toEqual(message)
  expect(bytes.length).toBeLessThan(NEGOTIATE_FRAME_BYTES_MAX)
  expectCode(() => providerMessages.fromWire(dagCbor.decode(bytes)), 'E_MALFORMED')
})

describe('bounds', () => {
  it.each<[string, () => unknown]>([
    [
      'one receipt more than a payment names',
      () => providerMessages.toWire({ type: 'payment', value: paymentOf(PAYS_MAX + 1) })
    ],
    [
      'a longer stage',
      () => buyerMessages.toWire({ type: 'progress', value: { agreement: id, stage: 's'.repeat(65) } })
    ],
    [
      'a longer stderr id',
      () =>
        buyerMessages.toWire({ type: 'receipt', value: { receipt, result, stderr: new Uint8Array(CID_BYTES_MAX + 1) } })
    ]
  ])('refuse %s', (_, run) => {
    expectCode(run, 'E_MALFORMED')
  })

  it('refuse one receipt more from a peer too', () => {
    const wire = providerMessages.toWire({ type: 'payment', value: paymentOf(PAYS_MAX) }) as {
      payment: { pays: unknown[] }
    }
    wire.payment.pays.push(wire.payment.pays[0])
    expectCode(() => providerMessages.fromWire(wire), 'E_MALFORMED')
  })
})

describe('what is no message', () => {
  const cancel = { agreement: new Uint8Array(32) }

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 1],
    ['text', 'cancel'],
    ['an empty map', {}],
    ['an empty list', []],
    ['a list', [cancel]],
    ['bytes', Uint8Array.of(1)],
    ['a megabyte', new Uint8Array(1 << 20)],
    ['two messages', { cancel, resume: cancel }],
    ['an unknown kind', { order: cancel }],
    ['a kind of Object.prototype', { toString: cancel }],
    ['a kind called __proto__', JSON.parse('{"__proto__":{}}')],
    ['a kind called constructor', { constructor: cancel }],
    ['a field more', { cancel: { ...cancel, more: 1 } }],
    ['a field less', { cancel: {} }],
    ['no value', { cancel: null }],
    ['a value of another kind', { cancel: { agreement: 'text' } }]
  ])('%s', (_, data) => {
    expectCode(() => providerMessages.fromWire(data), 'E_MALFORMED')
    expectCode(() => buyerMessages.fromWire(data), 'E_MALFORMED')
  })

  it('anything at all: refused as malformed, never another error', () => {
    check(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), data => {
        expectCode(() => providerMessages.fromWire(data), 'E_MALFORMED')
        expectCode(() => buyerMessages.fromWire({ receipt: data }), 'E_MALFORMED')
      }),
      500
    )
  })

  it('changed messages: refused as malformed, or other messages', () => {
    for (const message of toBuyer) {
      const good = dagCbor.encode(buyerMessages.toWire(message))
      check(
        fc.property(fc.nat(good.length - 1), fc.nat(255), (at, to) => {
          const bytes = Uint8Array.from(good)
          bytes[at] = to
          let data: unknown
          try {
            data = dagCbor.decode(bytes)
          } catch {
            return
          }
          expect(['E_MALFORMED', undefined]).toContain(codeOf(() => buyerMessages.fromWire(data)))
        }),
        100
      )
    }
  })
})
