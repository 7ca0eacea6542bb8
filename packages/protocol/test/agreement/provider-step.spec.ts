import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testCid, testHash } from '../../scripts/vector-files/keys.ts'
import {
  amountDue,
  createProviderAgreement,
  creditWork,
  encode,
  failureType,
  type ProviderAgreement,
  type ProviderEffect,
  type ProviderEvent,
  RECEIPT_FINAL,
  RECEIPT_TICK,
  RECEIPTS_PER_AGREEMENT_MAX,
  receiptType,
  resultDigest,
  sign,
  signedReceiptType,
  stepProvider,
  type Usage,
  validateReceipt,
  ZERO_HASH
} from '../../src/index.ts'
import { check } from '../helpers/check.ts'
import { fastSigner, recoverFast } from '../helpers/fast-crypto.ts'
import { dealOf, domain, NOW } from '../helpers/market.ts'

const deal = dealOf({ bid: { tickSec: 60 } })
const bid = deal.bid.body
const start = createProviderAgreement({ ...deal, channel: testHash('channel') as ProviderAgreement['channel'] })
const credit = creditWork(start)
const result = { exitCode: 0, stdout: testCid('stdout'), output: testCid('output') }
const stderr = testCid('stderr')
const failure = { code: 'E_PROGRAM', fault: 'program', message: 'exit code 1' }

const usage = (runMs: number): Usage => ({ runMs, memoryBytes: 1, outputBytes: 2, fuel: 0 })
const tick = (runMs: number): ProviderEvent => ({ type: 'ticked', usage: usage(runMs) })
const finish = (runMs: number): ProviderEvent => ({ type: 'finished', usage: usage(runMs), result, stderr })
const paid = (receipts: number): ProviderEvent => ({ type: 'paid', receipts })

function run(events: readonly ProviderEvent[], from = start, nowSec = NOW) {
  let state = from
  let effects: readonly ProviderEffect[] = []
  for (const event of events) ({ state, effects } = stepProvider(state, event, nowSec))
  return { state, effects }
}

const kindsOf = (effects: readonly ProviderEffect[]) => effects.map(({ type }) => type)

describe('each event in each phase', () => {
  const phases = {
    running: run([tick(1_000)]).state,
    delivered: run([tick(1_000), finish(2_000)]).state,
    settled: run([tick(1_000), finish(2_000), paid(2)]).state,
    failed: run([tick(1_000), { type: 'failed', failure }]).state
  }

  it.each<[keyof typeof phases, ProviderEvent['type'], string, string[]]>([
    ['running', 'accepted', 'running', ['execute']],
    ['running', 'ticked', 'running', ['sendReceipt']],
    ['running', 'finished', 'delivered', ['sendReceipt']],
    ['running', 'failed', 'failed', ['stop', 'sendFailure']],
    ['running', 'paid', 'running', []],
    ['running', 'cancelled', 'failed', ['stop', 'sendFailure']],
    ['running', 'resumed', 'running', ['sendReceipt']],
    ['running', 'restarted', 'running', ['execute']],
    ['delivered', 'accepted', 'delivered', ['sendReceipt', 'sendReceipt']],
    ['delivered', 'ticked', 'delivered', []],
    ['delivered', 'finished', 'delivered', []],
    ['delivered', 'failed', 'delivered', []],
    ['delivered', 'paid', 'delivered', []],
    ['delivered', 'cancelled', 'delivered', []],
    ['delivered', 'resumed', 'delivered', ['sendReceipt', 'sendReceipt']],
    ['delivered', 'restarted', 'delivered', ['sendReceipt', 'sendReceipt']],
    ['settled', 'accepted', 'settled', ['sendReceipt']],
    ['settled', 'ticked', 'settled', []],
    ['settled', 'finished', 'settled', []],
    ['settled', 'failed', 'settled', []],
    ['settled', 'paid', 'settled', []],
    ['settled', 'cancelled', 'settled', []],
    ['settled', 'resumed', 'settled', ['sendReceipt']],
    ['settled', 'restarted', 'settled', ['sendReceipt']],
    ['failed', 'accepted', 'failed', ['sendReceipt', 'sendFailure']],
    ['failed', 'ticked', 'failed', []],
    ['failed', 'finished', 'failed', []],
    ['failed', 'failed', 'failed', []],
    ['failed', 'paid', 'failed', []],
    ['failed', 'cancelled', 'failed', []],
    ['failed', 'resumed', 'failed', ['sendReceipt', 'sendFailure']],
    ['failed', 'restarted', 'failed', ['sendReceipt', 'sendFailure']]
  ])('%s, %s -> %s', (phase, type, next, effects) => {
    const events: Record<ProviderEvent['type'], ProviderEvent> = {
      accepted: { type: 'accepted' },
      ticked: tick(5_000),
      finished: finish(5_000),
      failed: { type: 'failed', failure: { ...failure, code: 'E_OTHER' } },
      paid: paid(1),
      cancelled: { type: 'cancelled' },
      resumed: { type: 'resumed' },
      restarted: { type: 'restarted' }
    }
    const step = run([events[type]], phases[phase])
    expect(step.state.phase.code).toBe(next)
    expect(kindsOf(step.effects)).toEqual(effects)
  })
})

describe('a failure', () => {
  const fails = (fault: string, runMs?: number): ProviderEvent => ({
    type: 'failed',
    failure: { ...failure, fault },
    usage: runMs === undefined ? undefined : usage(runMs)
  })

  it.each(['program', 'buyer'])('of the %s is told after a last tick for the time it took', fault => {
    const { state, effects } = run([tick(1_000), fails(fault, 2_500)])
    expect(kindsOf(effects)).toEqual(['stop', 'sendReceipt', 'sendFailure'])
    expect(state.receipts.map(({ amount, kind }) => [kind, amount])).toEqual([
      [RECEIPT_TICK, amountDue(bid, { fuel: 0 }, 1_000)],
      [RECEIPT_TICK, amountDue(bid, { fuel: 0 }, 2_500)]
    ])
    expect(run([paid(2)], state).state).toMatchObject({ paidReceipts: 2, phase: { code: 'failed' } })
  })

  it.each([
    ['our own', fails('host', 2_500)],
    ['one before the start', fails('program')],
    ['one that took no time since the last tick', fails('program', 1_000)]
  ])('is not charged for: %s', (_, event) => {
    const { state, effects } = run([tick(1_000), event])
    expect(kindsOf(effects)).toEqual(['stop', 'sendFailure'])
    expect(state.receipts).toHaveLength(1)
  })
})

describe('receipts', () => {
  it('are for all the work so far, in sequence, the last with the result', () => {
    const { state } = run([tick(10_000), paid(1), tick(40_000), finish(50_000)])
    expect(state.receipts).toEqual([
      {
        agreement: deal.id,
        sequence: 0,
        kind: 0,
        result: ZERO_HASH,
        usage: usage(10_000),
        amount: amountDue(bid, { fuel: 0 }, 10_000),
        issuedAt: NOW
      },
      {
        agreement: deal.id,
        sequence: 1,
        kind: 0,
        result: ZERO_HASH,
        usage: usage(40_000),
        amount: amountDue(bid, { fuel: 0 }, 40_000),
        issuedAt: NOW
      },
      {
        agreement: deal.id,
        sequence: 2,
        kind: 1,
        result: resultDigest(result),
        usage: usage(50_000),
        amount: amountDue(bid, { fuel: 0 }, 50_000),
        issuedAt: NOW
      }
    ])
  })

  it('are not issued for nothing new', () => {
    const first = run([tick(10_000)])
    expect(run([tick(10_000)], first.state)).toEqual({ state: first.state, effects: [] })
    expect(run([tick(9_000)], first.state)).toEqual({ state: first.state, effects: [] })
  })

  it('never ask twice for a program that was started again', () => {
    const before = run([tick(30_000), paid(1)]).state
    const again = run([{ type: 'restarted' }, tick(10_000), tick(20_000), finish(25_000)], before).state
    expect(again.receipts.length).toBe(2)
    expect(again.receipts[1]).toMatchObject({ kind: RECEIPT_FINAL, amount: amountDue(bid, { fuel: 0 }, 30_000) })
  })

  it('that were not paid are sent again in order, so that the buyer sees no gap', () => {
    const { state } = run([tick(10_000), tick(20_000), paid(1), tick(30_000), finish(40_000)])
    const { effects } = run([{ type: 'resumed' }], state)
    expect(effects).toEqual(state.receipts.slice(1).map(receipt => ({ type: 'sendReceipt', receipt })))
  })

  it('are as many as there may be, the last place being kept for the final one', () => {
    const almost = Array.from({ length: RECEIPTS_PER_AGREEMENT_MAX - 1 }, (_, i) => [tick(i + 1), paid(i + 1)]).flat()
    const { state } = run(almost)
    expect(state.receipts.length).toBe(RECEIPTS_PER_AGREEMENT_MAX - 1)
    const full = run([tick(10_000)], state)
    expect(full.state.receipts.length).toBe(RECEIPTS_PER_AGREEMENT_MAX - 1)
    expect(run([finish(20_000)], full.state).state.receipts.length).toBe(RECEIPTS_PER_AGREEMENT_MAX)
    // The buyer paid all it was told of: it is not the one to blame.
    const out = run([tick(credit + RECEIPTS_PER_AGREEMENT_MAX)], full.state)
    expect(out.state.phase).toMatchObject({ code: 'failed', failure: { code: 'E_TOO_MANY_TICKS', fault: 'host' } })
  })
})

describe('credit', () => {
  it('ends exactly when that much work is unpaid', () => {
    expect(run([tick(credit - 1)]).state.phase.code).toBe('running')
    expect(run([tick(credit)]).state.phase).toMatchObject({
      code: 'failed',
      failure: { code: 'E_UNPAID', fault: 'buyer' }
    })
    const half = run([tick(credit / 2), paid(1)]).state
    expect(run([tick(credit + credit / 2 - 1)], half).state.phase.code).toBe('running')
    expect(run([tick(credit + credit / 2)], half).state.phase.code).toBe('failed')
  })

  it('stops the program and tells the buyer', () => {
    expect(kindsOf(run([tick(credit)]).effects)).toEqual(['stop', 'sendFailure'])
  })

  it('is enough for a buyer that pays each tick before the next, for as long as it likes', () => {
    let state = start
    for (let i = 1; i <= 100; i++) state = run([tick((i * credit) / 2), paid(i)], state).state
    expect(state.phase.code).toBe('running')
    expect(state.paid).toBe(amountDue(bid, { fuel: 0 }, 50 * credit))
  })

  it('costs the provider no more than the bid says for it, when nobody pays', () => {
    let state = start
    for (let i = 1; state.phase.code === 'running'; i++) state = run([tick((i * credit) / 2)], state).state
    const owed = (state.receipts.at(-1)?.amount ?? 0n) - state.paid
    expect(owed <= bid.startup + bid.rate * BigInt(bid.tickSec)).toBe(true)
  })
})

describe('payment', () => {
  it('settles only what is delivered and fully paid', () => {
    const delivered = run([tick(10_000), finish(20_000)]).state
    expect(run([paid(1)], delivered).state.phase.code).toBe('delivered')
    const settled = run([paid(2)], delivered).state
    expect(settled).toMatchObject({
      phase: { code: 'settled', result, stderr },
      paid: amountDue(bid, { fuel: 0 }, 20_000)
    })
  })

  it('is counted for a job that failed, without bringing it back', () => {
    const failed = run([tick(10_000), { type: 'failed', failure }, paid(1)]).state
    expect(failed).toMatchObject({
      phase: { code: 'failed', failure },
      paidReceipts: 1,
      paid: amountDue(bid, { fuel: 0 }, 10_000)
    })
  })

  it.each([0, 1, -1, 3, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'of %s receipts changes nothing after 1 of 2',
    receipts => {
      const { state } = run([tick(10_000), tick(20_000), paid(1)])
      expect(run([paid(receipts)], state).state).toBe(state)
    }
  )
})

describe('restart', () => {
  it('runs the program again if there is time', () => {
    const deadline = deal.demand.body.deadline
    expect(kindsOf(run([{ type: 'restarted' }], start, deadline - 1).effects)).toEqual(['execute'])
    const late = run([{ type: 'restarted' }], start, deadline)
    expect(late.state.phase).toMatchObject({ code: 'failed', failure: { code: 'E_DEADLINE', fault: 'host' } })
  })
})

it('fails with a reason that can be sent, however long the reason was', () => {
  const long = { code: 'E'.repeat(1_000), fault: 'host', message: '🏝\ud800'.repeat(5_000) }
  const { effects } = run([{ type: 'failed', failure: long }])
  const sent = effects.find(effect => effect.type === 'sendFailure')
  expect(sent?.type === 'sendFailure' && encode(failureType, sent.failure)).toBeTruthy()
})

describe('any events in any order', () => {
  const runMs = fc.integer({ min: 0, max: 4 * credit })
  const events: fc.Arbitrary<ProviderEvent> = fc.oneof(
    { weight: 6, arbitrary: runMs.map(tick) },
    { weight: 6, arbitrary: fc.integer({ min: -1, max: 12 }).map(paid) },
    { weight: 1, arbitrary: runMs.map(finish) },
    {
      weight: 3,
      arbitrary: fc.constantFrom<ProviderEvent>({ type: 'accepted' }, { type: 'resumed' }, { type: 'restarted' })
    },
    { weight: 1, arbitrary: fc.constantFrom<ProviderEvent>({ type: 'failed', failure }, { type: 'cancelled' }) }
  )
  const lists = fc.array(events, { maxLength: 30 })

  function expectInvariants(state: ProviderAgreement, before: ProviderAgreement): void {
    const amounts = state.receipts.map(({ amount }) => amount)
    expect(amounts).toEqual([...amounts].sort((a, b) => Number(a - b)))
    expect(amounts.every(amount => amount <= bid.priceMax)).toBe(true)
    expect(state.receipts.map(({ sequence }) => sequence)).toEqual(state.receipts.map((_, i) => i))
    expect(state.receipts.slice(0, before.receipts.length)).toEqual(before.receipts)
    expect(state.paidReceipts).toBeGreaterThanOrEqual(before.paidReceipts)
    expect(state.paidReceipts).toBeLessThanOrEqual(state.receipts.length)
    expect(state.paid).toBe(amounts[state.paidReceipts - 1] ?? 0n)
    const finals = state.receipts.filter(({ kind }) => kind === RECEIPT_FINAL)
    const delivered = state.phase.code === 'delivered' || state.phase.code === 'settled'
    expect(finals.length).toBe(delivered ? 1 : 0)
    if (delivered) expect(state.receipts.at(-1)?.kind).toBe(RECEIPT_FINAL)
    expect(state.phase.code === 'settled').toBe(delivered && state.paidReceipts === state.receipts.length)
    const unpaidMs =
      (state.receipts.at(-1)?.usage.runMs ?? 0) - (state.receipts[state.paidReceipts - 1]?.usage.runMs ?? 0)
    if (!delivered) expect(unpaidMs).toBeLessThan(credit)
    const allowed = { running: ['running', 'delivered', 'failed'], delivered: ['delivered', 'settled'] }
    const from = before.phase.code
    expect(from in allowed ? allowed[from as keyof typeof allowed] : [from]).toContain(state.phase.code)
  }

  it('keep the books straight and never leave an end', () => {
    check(
      fc.property(lists, list => {
        let state = start
        for (const event of list) {
          const before = state
          state = stepProvider(state, event, NOW).state
          expectInvariants(state, before)
        }
      }),
      500
    )
  })

  it('are the same taken twice, as after a crash: nothing changes the second time', () => {
    check(
      fc.property(lists, events, (list, event) => {
        const once = run([...list, event])
        const twice = run([event], once.state)
        expect(twice.state).toEqual(once.state)
      }),
      500
    )
  })

  it('give receipts that an honest buyer accepts, all of them', () => {
    const signer = fastSigner(bid.provider)
    check(
      fc.property(lists, list => {
        const { state } = run(list)
        const context = {
          domain,
          recover: recoverFast,
          agreement: deal.id,
          demand: deal.demand.body,
          bid,
          elapsedMs: 4 * credit
        }
        state.receipts.forEach((body, i) => {
          const receipt = sign(signer, domain, receiptType, body)
          expect(encode(signedReceiptType, receipt)).toBeDefined()
          validateReceipt(receipt, { ...context, previous: state.receipts[i - 1] })
        })
      }),
      200
    )
  })

  it('never change the state they were given', () => {
    check(
      fc.property(lists, events, (list, event) => {
        const { state } = run(list)
        const before = structuredClone(state)
        stepProvider(state, event, NOW)
        expect(state).toEqual(before)
      })
    )
  })
})
