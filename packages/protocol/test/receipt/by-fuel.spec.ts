import { describe, expect, it } from 'vitest'
import {
  amountDue,
  FUEL_PER_SEC,
  RECEIPT_TICK,
  type Receipt,
  receiptType,
  sign,
  validateReceipt,
  ZERO_HASH
} from '../../src/index.ts'
import { codeOf, expectCode } from '../helpers/check.ts'
import { checks, dealOf, domain, NOW, provider } from '../helpers/market.ts'

const FUEL_MAX = 100 * FUEL_PER_SEC
const deal = dealOf({ demand: { fuel: FUEL_MAX } })
const bid = deal.bid.body
const demand = deal.demand.body
const FUEL = 20 * FUEL_PER_SEC
const elapsedMs = 20_000

function receiptOf(fuel: number, changes: Partial<Receipt> = {}) {
  const body: Receipt = {
    agreement: deal.id,
    sequence: 0,
    kind: RECEIPT_TICK,
    result: ZERO_HASH,
    usage: { runMs: 10_000, memoryBytes: 1, outputBytes: 1, fuel },
    amount: amountDue(bid, demand, fuel),
    issuedAt: NOW,
    ...changes
  }
  return sign(provider, domain, receiptType, body)
}

const first = receiptOf(FUEL).body
const context = { ...checks, agreement: deal.id, demand, bid, previous: undefined, elapsedMs }

describe('of a job that is paid by fuel', () => {
  it.each<[string, ReturnType<typeof receiptOf>, Partial<{ elapsedMs: number; previous: Receipt }>?]>([
    ['what was burnt', receiptOf(FUEL)],
    ['nothing burnt, and nothing asked but the start', receiptOf(0)],
    ['all of it', receiptOf(FUEL_MAX), { elapsedMs: 200_000 }],
    ['no more than before after more time', receiptOf(FUEL, { sequence: 1 }), { previous: first }],
    ['any fuel, where we do not know when it began', receiptOf(FUEL_MAX), { elapsedMs: Number.POSITIVE_INFINITY }]
  ])('takes %s', (_, receipt, more = {}) => {
    expect(codeOf(() => validateReceipt(receipt, { ...context, ...more }))).toBeUndefined()
  })

  it.each<[string, string, ReturnType<typeof receiptOf>, Partial<{ elapsedMs: number; previous: Receipt }>?]>([
    ['E_RECEIPT_ABOVE_BID', 'one unit too much', receiptOf(FUEL, { amount: first.amount + 1n })],
    // What it ran for is told, and not paid.
    ['E_RECEIPT_ABOVE_BID', 'time', receiptOf(0, { amount: amountDue(bid, demand, 0) + 1n })],
    ['E_RECEIPT_MISMATCH', 'more than the demand has', receiptOf(FUEL_MAX + 1), { elapsedMs: 200_000 }],
    [
      'E_RECEIPT_MISMATCH',
      'falling fuel',
      receiptOf(FUEL - 1, { sequence: 1, amount: first.amount }),
      { previous: first }
    ],
    ['E_RECEIPT_ABOVE_TIME', 'more than any processor burns', receiptOf(FUEL), { elapsedMs: 1_000 }],
    [
      'E_RECEIPT_TOO_OFTEN',
      'more than two for each tick of fuel and of time',
      receiptOf(FUEL, { sequence: 100 }),
      { previous: { ...first, sequence: 99 } }
    ]
  ])('refuses with %s: %s', (code, _, receipt, more = {}) => {
    expectCode(() => validateReceipt(receipt, { ...context, ...more }), code)
  })
})
