import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testCid, testHash } from '../../scripts/vector-files/keys.ts'
import {
  amountDue,
  type BuyerAgreement,
  type BuyerEffect,
  type BuyerEvent,
  createBuyerAgreement,
  RECEIPT_FINAL,
  RECEIPT_TICK,
  resultDigest,
  type SignedReceipt,
  stepBuyer,
  ZERO_HASH
} from '../../src/index.ts'
import { check } from '../helpers/check.ts'
import { dealOf, NOW } from '../helpers/market.ts'

const deal = dealOf()
const bid = deal.bid.body
const start = createBuyerAgreement({
  ...deal,
  job: deal.demand.body.job,
  channel: testHash('channel') as BuyerAgreement['channel']
})
const result = { exitCode: 0, stdout: testCid('stdout'), output: testCid('output') }
const stderr = testCid('stderr')
const failure = { code: 'E_LOST', fault: 'host', message: 'gone' }

function receiptOf(sequence: number, final = false): SignedReceipt {
  const runMs = (sequence + 1) * 10_000
  return {
    body: {
      agreement: deal.id,
      sequence,
      kind: final ? RECEIPT_FINAL : RECEIPT_TICK,
      result: final ? resultDigest(result) : ZERO_HASH,
      usage: { runMs, memoryBytes: 0, outputBytes: 0, fuel: 0 },
      amount: amountDue(bid, { fuel: 0 }, runMs),
      issuedAt: NOW
    },
    signature: new Uint8Array(64)
  }
}

const tick = (sequence: number): BuyerEvent => ({ type: 'ticked', receipt: receiptOf(sequence) })
const deliver = (sequence: number): BuyerEvent => ({
  type: 'delivered',
  receipt: receiptOf(sequence, true),
  result,
  stderr
})
const vouchered = (receipts: number): BuyerEvent => ({ type: 'vouchered', receipts })
const failed: BuyerEvent = { type: 'failed', failure }
const confirmed: BuyerEvent = { type: 'confirmed' }
const contradicted: BuyerEvent = { type: 'contradicted' }

function run(events: readonly BuyerEvent[], from = start) {
  let state = from
  let effects: readonly BuyerEffect[] = []
  for (const event of events) ({ state, effects } = stepBuyer(state, event))
  return { state, effects }
}

const pay = (receipts: number) => [{ type: 'pay', receipts }]

describe('each event in each phase', () => {
  const phases = {
    agreed: run([tick(0), vouchered(1)]).state,
    delivered: run([tick(0), vouchered(1), deliver(1)]).state,
    paid: run([tick(0), vouchered(1), deliver(1), confirmed, vouchered(2)]).state,
    rejected: run([tick(0), vouchered(1), deliver(1), contradicted]).state,
    failed: run([tick(0), vouchered(1), failed]).state
  }

  it.each<[keyof typeof phases, string, BuyerEvent, string, unknown[]]>([
    ['agreed', 'a tick', tick(1), 'agreed', pay(2)],
    ['agreed', 'a tick it has', tick(0), 'agreed', []],
    ['agreed', 'a tick after the next', tick(2), 'agreed', []],
    ['agreed', 'a result', deliver(1), 'delivered', []],
    ['agreed', 'a result after a gap', deliver(2), 'agreed', []],
    ['agreed', 'confirmed', confirmed, 'agreed', []],
    ['agreed', 'contradicted', contradicted, 'agreed', []],
    ['agreed', 'failed', failed, 'failed', []],
    ['agreed', 'vouchered', vouchered(1), 'agreed', []],
    ['delivered', 'a tick', tick(2), 'delivered', []],
    ['delivered', 'the result again', deliver(1), 'delivered', []],
    ['delivered', 'another result', deliver(2), 'delivered', []],
    ['delivered', 'confirmed', confirmed, 'delivered', pay(2)],
    ['delivered', 'contradicted', contradicted, 'rejected', []],
    ['delivered', 'failed', failed, 'delivered', []],
    ['delivered', 'vouchered', vouchered(2), 'paid', []],
    ['paid', 'a tick', tick(2), 'paid', []],
    ['paid', 'another result', deliver(2), 'paid', []],
    ['paid', 'confirmed', confirmed, 'paid', []],
    ['paid', 'contradicted', contradicted, 'paid', []],
    ['paid', 'failed', failed, 'paid', []],
    ['paid', 'vouchered', vouchered(2), 'paid', []],
    ['rejected', 'a tick', tick(2), 'rejected', []],
    ['rejected', 'another result', deliver(2), 'rejected', []],
    ['rejected', 'confirmed', confirmed, 'rejected', []],
    ['rejected', 'contradicted', contradicted, 'rejected', []],
    ['rejected', 'failed', failed, 'rejected', []],
    ['failed', 'a tick, kept but not paid', tick(1), 'failed', []],
    ['failed', 'a late result', deliver(1), 'failed', []],
    ['failed', 'confirmed', confirmed, 'failed', []],
    ['failed', 'contradicted', contradicted, 'failed', []],
    ['failed', 'failed', failed, 'failed', []]
  ])('%s, %s', (phase, _, event, next, effects) => {
    const step = run([event], phases[phase])
    expect(step.state.phase.code).toBe(next)
    expect(step.effects).toEqual(effects)
  })
})

it('pays a tick as it comes and the result once confirmed', () => {
  const ticked = run([tick(0)])
  expect(ticked.effects).toEqual(pay(1))
  const delivered = run([vouchered(1), deliver(1)], ticked.state)
  expect(delivered).toMatchObject({ effects: [], state: { paid: amountDue(bid, { fuel: 0 }, 10_000) } })
  const done = run([confirmed, vouchered(2)], delivered.state).state
  expect(done).toMatchObject({
    phase: { code: 'paid', result, stderr },
    paidReceipts: 2,
    paid: amountDue(bid, { fuel: 0 }, 20_000)
  })
})

it('pays no more for a result that was contradicted than its ticks', () => {
  const { state, effects } = run([tick(0), vouchered(1), deliver(1), contradicted, confirmed])
  expect(effects).toEqual([])
  expect(state).toMatchObject({ phase: { code: 'rejected' }, paid: amountDue(bid, { fuel: 0 }, 10_000) })
})

it('is not done when the last tick is paid and the result is not', () => {
  const delivered = run([tick(0), deliver(1)]).state
  expect(run([vouchered(1)], delivered).state.phase.code).toBe('delivered')
  expect(run([vouchered(2)], delivered).state.phase.code).toBe('paid')
})

it('keeps a result that came after it was given up as evidence, and does not pay it', () => {
  const { state, effects } = run([tick(0), vouchered(1), failed, tick(1), tick(2), deliver(3), confirmed])
  expect(effects).toEqual([])
  expect(state).toMatchObject({ phase: { code: 'failed' }, paidReceipts: 1 })
  expect(state.receipts).toHaveLength(4)
})

it.each([0, 1, -1, 3, 1.5, Number.NaN])('a voucher for %s receipts changes nothing after 1 of 2', receipts => {
  const { state } = run([tick(0), tick(1), vouchered(1)])
  expect(run([vouchered(receipts)], state).state).toBe(state)
})

describe('any events in any order', () => {
  // Few numbers, so that the next one comes up often.
  const numbers = fc.integer({ min: -1, max: 4 })
  const events: fc.Arbitrary<BuyerEvent> = fc.oneof(
    { weight: 6, arbitrary: fc.nat(3).map(tick) },
    { weight: 4, arbitrary: numbers.map(vouchered) },
    { weight: 2, arbitrary: fc.nat(4).map(deliver) },
    { weight: 3, arbitrary: fc.constantFrom(failed, confirmed, contradicted) }
  )
  const lists = fc.array(events, { maxLength: 40 })
  const ALLOWED: Record<string, string[]> = {
    agreed: ['agreed', 'delivered', 'failed'],
    failed: ['failed'],
    delivered: ['delivered', 'paid', 'rejected'],
    paid: ['paid'],
    rejected: ['rejected']
  }

  it('keep the books straight and never leave an end', () => {
    check(
      fc.property(lists, list => {
        let state = start
        for (const event of list) {
          const before = state
          const step = stepBuyer(state, event)
          state = step.state
          expect(ALLOWED[before.phase.code]).toContain(state.phase.code)
          expect(state.receipts.map(({ body }) => body.sequence)).toEqual(state.receipts.map((_, i) => i))
          expect(state.receipts.slice(0, before.receipts.length)).toEqual(before.receipts)
          expect(state.paidReceipts).toBeGreaterThanOrEqual(before.paidReceipts)
          expect(state.paidReceipts).toBeLessThanOrEqual(state.receipts.length)
          expect(state.paid).toBe(state.receipts[state.paidReceipts - 1]?.body.amount ?? 0n)
          expect(state.paid <= bid.priceMax).toBe(true)
          if (state.phase.code === 'paid') expect(state.paidReceipts).toBe(state.receipts.length)
          for (const { receipts } of step.effects) {
            expect(receipts).toBe(state.receipts.length)
            // A result is paid for once it is confirmed, and never before.
            const final = state.receipts.at(-1)?.body.kind === RECEIPT_FINAL
            if (final) expect(event.type).toBe('confirmed')
          }
        }
      }),
      500
    )
  })

  it('are the same taken twice: nothing changes the second time', () => {
    check(
      fc.property(lists, events, (list, event) => {
        const once = run([...list, event])
        expect(run([event], once.state).state).toEqual(once.state)
      }),
      500
    )
  })

  it('never change the state they were given', () => {
    check(
      fc.property(lists, events, (list, event) => {
        const { state } = run(list)
        const before = structuredClone(state)
        stepBuyer(state, event)
        expect(state).toEqual(before)
      })
    )
  })
})
