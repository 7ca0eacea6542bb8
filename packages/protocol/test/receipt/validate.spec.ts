import { describe, expect, it } from 'vitest'
import { testHash } from '../../scripts/vector-files/keys.ts'
import {
  amountDue,
  createSigningDomain,
  digestOf,
  RECEIPT_FINAL,
  RECEIPT_TICK,
  RECEIPTS_PER_AGREEMENT_MAX,
  type Receipt,
  receiptType,
  type Signer,
  sign,
  validateReceipt,
  ZERO_HASH
} from '../../src/index.ts'
import { codeOf, expectCode } from '../helpers/check.ts'
import { buyer, checks, dealOf, domain, NOW, provider } from '../helpers/market.ts'

const deal = dealOf()
const bid = deal.bid.body

function receiptOf(changes: Partial<Receipt> & { runMs?: number } = {}, signer: Signer = provider) {
  const { runMs = 10_000, ...rest } = changes
  const body: Receipt = {
    agreement: deal.id,
    sequence: 0,
    kind: RECEIPT_TICK,
    result: ZERO_HASH,
    usage: { runMs, memoryBytes: 1, outputBytes: 1, fuel: 0 },
    amount: amountDue(bid, { fuel: 0 }, runMs),
    issuedAt: NOW,
    ...rest
  }
  return sign(signer, domain, receiptType, body)
}

const first = receiptOf().body
const context = { ...checks, agreement: deal.id, demand: { fuel: 0 }, bid, previous: undefined, elapsedMs: 20_000 }
const afterFirst = { ...context, previous: first }
const result = testHash('result')

it('gives the digest of the receipt', () => {
  expect(validateReceipt(receiptOf(), context)).toBe(digestOf(domain, receiptType, first))
})

describe('takes', () => {
  it.each<[string, Parameters<typeof receiptOf>[0], Partial<typeof afterFirst>?]>([
    ['a final one at once', { kind: RECEIPT_FINAL, result }],
    ['one that asks for less', { amount: 0n }],
    ['one at the very start', { runMs: 0 }],
    ['the next one', { sequence: 1 }, { previous: first }],
    ['the next one with nothing new', { sequence: 1, runMs: 10_000 }, { previous: first }],
    [
      'the last there may be',
      last(),
      { previous: { ...first, sequence: RECEIPTS_PER_AGREEMENT_MAX - 2 }, elapsedMs: Number.POSITIVE_INFINITY }
    ],
    ['a clock that runs a little fast', { runMs: 20_200 }],
    ['more than the duration, at the cap', { runMs: 10 ** 9 }, { elapsedMs: 10 ** 9 }],
    ['any time, where we do not know when it began', { runMs: 10 ** 12 }, { elapsedMs: Number.POSITIVE_INFINITY }]
  ])('%s', (_, changes, more = {}) => {
    expect(codeOf(() => validateReceipt(receiptOf(changes), { ...context, ...more }))).toBeUndefined()
  })
})

function last(): Partial<Receipt> {
  return { kind: RECEIPT_FINAL, result, sequence: RECEIPTS_PER_AGREEMENT_MAX - 1 }
}

describe('refuses', () => {
  it.each<[string, string, Parameters<typeof receiptOf>[0], Partial<typeof afterFirst>?]>([
    ['E_RECEIPT_MISMATCH', 'another agreement', { agreement: testHash('other') }],
    ['E_RECEIPT_MISMATCH', 'an unknown kind', { kind: 2 }],
    ['E_RECEIPT_MISMATCH', 'a tick with a result', { result }],
    ['E_RECEIPT_MISMATCH', 'the same one again', { sequence: 0 }, { previous: first }],
    ['E_RECEIPT_MISMATCH', 'one before it', { sequence: 0 }, { previous: { ...first, sequence: 3 } }],
    ['E_RECEIPT_MISMATCH', 'one after the final', { sequence: 1 }, { previous: { ...first, kind: RECEIPT_FINAL } }],
    ['E_RECEIPT_MISMATCH', 'a falling amount', { sequence: 1, amount: first.amount - 1n }, { previous: first }],
    ['E_RECEIPT_MISMATCH', 'falling time', { sequence: 1, runMs: 9_999, amount: first.amount }, { previous: first }],
    [
      'E_RECEIPT_MISMATCH',
      'one too many',
      { sequence: RECEIPTS_PER_AGREEMENT_MAX },
      { previous: { ...first, sequence: RECEIPTS_PER_AGREEMENT_MAX - 1 } }
    ],
    ['E_RECEIPT_GAP', 'a first one that is not number 0', { sequence: 1 }],
    ['E_RECEIPT_GAP', 'one after the next', { sequence: 2 }, { previous: first }],
    ['E_RECEIPT_ABOVE_BID', 'one unit too much', { amount: first.amount + 1n }],
    ['E_RECEIPT_ABOVE_BID', 'more than the cap', { amount: bid.priceMax + 1n, runMs: 10 ** 9 }, { elapsedMs: 10 ** 9 }],
    ['E_RECEIPT_TOO_OFTEN', 'more than two in a tick', { sequence: 100 }, { previous: { ...first, sequence: 99 } }],
    ['E_RECEIPT_ABOVE_TIME', 'more time than has passed', { runMs: 20_202 }],
    ['E_RECEIPT_ABOVE_TIME', 'any time, if the clock is broken', { runMs: 0 }, { elapsedMs: Number.NaN }],
    ['E_RECEIPT_ABOVE_TIME', 'any time, if the clock went backwards', { runMs: 1 }, { elapsedMs: -1_000 }]
  ])('%s: %s', (code, _, changes, more = {}) => {
    expectCode(() => validateReceipt(receiptOf(changes), { ...context, ...more }), code)
  })

  it('a receipt signed by another key, for another chain, or changed afterwards', () => {
    const otherChain = createSigningDomain(1, domain.verifyingContract)
    expectCode(() => validateReceipt(receiptOf({}, buyer), context), 'E_BAD_SIGNATURE')
    expectCode(() => validateReceipt(receiptOf(), { ...context, domain: otherChain }), 'E_BAD_SIGNATURE')
    const { body, signature } = receiptOf()
    const raised = { ...body, usage: { ...body.usage, outputBytes: 2 } }
    expectCode(() => validateReceipt({ body: raised, signature }, context), 'E_BAD_SIGNATURE')
  })
})
