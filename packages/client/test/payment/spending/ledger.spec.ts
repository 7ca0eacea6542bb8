import {
  type AgreementId,
  type BuyerAgreement,
  type BuyerEvent,
  createBuyerAgreement,
  RECEIPT_FINAL,
  RECEIPT_TICK,
  type SignedReceipt,
  stepBuyer
} from '@archipel/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createLedger,
  type HourSpent,
  hourKey,
  type Ledger,
  type LedgerChange,
  type Promised
} from '../../../src/payment/spending/ledger.ts'
import { HOUR_SEC, WINDOW_SEC } from '../../../src/payment/spending/limits.ts'
import { createHost, NOW } from '../../job/host.ts'
import { demandOf } from '../../job/world.ts'

const hosts = [createHost(1), createHost(2), createHost(3)]
const EMPTY = new Uint8Array(0)

/** An agreement that may cost `priceMax`, not signed by anybody: the ledger believes what the engine stored. */
function agreementOf(number: number, host: number, priceMax: bigint, deadline = NOW + 3600): BuyerAgreement {
  const demand = demandOf(number, { deadline })
  const bid = hosts[host]!.bid(demand.body, { priceMax })
  return createBuyerAgreement({
    id: `0x${number.toString(16).padStart(64, '0')}` as AgreementId,
    job: demand.body.job,
    channel: `0x${'cc'.repeat(32)}` as BuyerAgreement['channel'],
    offer: hosts[host]!.offer.offer,
    demand,
    bid,
    agreement: { body: { demand: bid.body.demand, bid: bid.body.demand, channel: bid.body.demand }, signature: EMPTY }
  })
}

function receiptOf(sequence: number, amount: bigint, kind: number): SignedReceipt {
  return { body: { sequence, amount, kind }, signature: EMPTY } as unknown as SignedReceipt
}

const result = { exitCode: 0, stdout: EMPTY, output: EMPTY }

/** The tables as a store would hold them. */
function createTables() {
  const hours = new Map<string, HourSpent>()
  const promises = new Map<string, Promised>()
  return {
    apply(changes: readonly LedgerChange[]) {
      for (const change of changes) {
        if (change.type === 'hour') hours.set(hourKey(change.value.hour, change.value.provider), change.value)
        else if (change.type === 'hour-gone') hours.delete(hourKey(change.hour, change.provider))
        else if (change.type === 'promised') promises.set(change.value.agreement, change.value)
        else promises.delete(change.agreement)
      }
    },
    reopen: (): Ledger => createLedger(hours.values(), promises.values())
  }
}

describe('the ledger', () => {
  it('counts a promise in full until it is over, then what was paid', () => {
    const ledger = createLedger([], [])
    const agreed = agreementOf(1, 0, 100n)
    ledger.promise(agreed, NOW)
    expect(ledger.spent(NOW)).toBe(100n)
    const delivery = { type: 'delivered', receipt: receiptOf(0, 30n, RECEIPT_FINAL), result, stderr: EMPTY } as const
    const delivered = stepBuyer(agreed, delivery).state
    expect(ledger.follow(agreed, delivered, NOW)).toEqual([])
    const paid = stepBuyer(delivered, { type: 'vouchered', receipts: 1 }).state
    ledger.follow(delivered, paid, NOW)
    expect(ledger.spent(NOW)).toBe(30n)
    expect(ledger.promised()).toEqual([])
  })

  it('keeps what a failed agreement may still be paid for a tick on its way, and no more', () => {
    const ledger = createLedger([], [])
    const agreed = agreementOf(1, 0, 100n)
    ledger.promise(agreed, NOW)
    const ticked = stepBuyer(agreed, { type: 'ticked', receipt: receiptOf(0, 20n, RECEIPT_TICK) }).state
    const failure = { code: 'E_X', fault: 'host', message: '' } as const
    const failed = stepBuyer(ticked, { type: 'failed', failure }).state
    ledger.follow(ticked, failed, NOW)
    expect(ledger.spent(NOW)).toBe(20n)
    // Not paid any more, whatever it says.
    const late = stepBuyer(failed, { type: 'ticked', receipt: receiptOf(1, 60n, RECEIPT_TICK) }).state
    ledger.follow(failed, late, NOW)
    expect(ledger.spent(NOW)).toBe(20n)
    const paid = stepBuyer(late, { type: 'vouchered', receipts: 1 }).state
    ledger.follow(late, paid, NOW)
    expect(ledger.spent(NOW)).toBe(20n)
    expect(ledger.promised()).toEqual([])
  })

  it('gives back what nobody will decide upon', () => {
    const ledger = createLedger([], [])
    const agreed = agreementOf(1, 0, 100n)
    ledger.promise(agreed, NOW)
    ledger.giveBack(agreed)
    ledger.giveBack(agreed)
    expect(ledger.spent(NOW)).toBe(0n)
  })

  it('tells providers apart', () => {
    const ledger = createLedger([], [])
    ledger.promise(agreementOf(1, 0, 100n), NOW)
    ledger.promise(agreementOf(2, 1, 50n), NOW)
    expect(hosts.map(({ address }) => ledger.spent(NOW, address))).toEqual([100n, 50n, 0n])
    expect(ledger.providers(NOW)).toEqual([hosts[0]!.address, hosts[1]!.address].sort())
  })

  it('lets an hour go when all of it is a day ago, says when, and counts hours ahead of a clock set back', () => {
    const ledger = createLedger([], [])
    const start = Math.floor(NOW / HOUR_SEC) * HOUR_SEC
    ledger.promise(agreementOf(1, 0, 100n, start + 2 * WINDOW_SEC), start)
    ledger.promise(agreementOf(2, 0, 50n, start + 2 * WINDOW_SEC), start + HOUR_SEC)
    const [first, second] = [start + HOUR_SEC + WINDOW_SEC, start + 2 * HOUR_SEC + WINDOW_SEC]
    expect(ledger.freesAt(100n, start)).toBe(first)
    expect(ledger.freesAt(101n, start)).toBe(second)
    expect(ledger.freesAt(151n, start)).toBeUndefined()
    expect(ledger.spent(first - 1)).toBe(150n)
    expect(ledger.spent(first)).toBe(50n)
    expect(ledger.spent(second)).toBe(0n)
    expect(ledger.spent(start - 5 * WINDOW_SEC)).toBe(150n)
    expect(ledger.prune(second)).toHaveLength(2)
    expect(ledger.prune(start + 3 * WINDOW_SEC)).toHaveLength(2)
    expect(ledger.prune(start + 3 * WINDOW_SEC + HOUR_SEC)).toEqual([])
  })

  it('counts what is paid on an agreement it never heard of when it is paid', () => {
    const ledger = createLedger([], [])
    const before = agreementOf(1, 0, 100n)
    ledger.follow(before, { ...before, paid: 7n }, NOW)
    expect(ledger.spent(NOW)).toBe(7n)
  })
})

type Move =
  | { readonly type: 'agree'; readonly host: number; readonly priceMax: bigint }
  | { readonly type: 'event'; readonly pick: number; readonly what: 'tick' | 'deliver' | 'fail' | 'reject' | 'pay' }
  | { readonly type: 'wait'; readonly sec: number }
  | { readonly type: 'restart' }

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('agree' as const), host: fc.nat(2), priceMax: fc.bigInt(1n, 60n) }),
    fc.record({
      type: fc.constant('event' as const),
      pick: fc.nat(20),
      what: fc.constantFrom('tick', 'deliver', 'fail', 'reject', 'pay')
    }),
    fc.record({ type: fc.constant('wait' as const), sec: fc.integer({ min: 0, max: 9 * HOUR_SEC }) }),
    fc.constant({ type: 'restart' as const })
  ),
  { maxLength: 80 }
)

/** What may still come of an agreement: what was paid, and while it is open all that its bid allows. */
function worst({ phase, bid, paid }: BuyerAgreement): bigint {
  return phase.code === 'agreed' || phase.code === 'delivered' ? bid.body.priceMax : paid
}

function eventOf(state: BuyerAgreement, what: (Move & { type: 'event' })['what']): BuyerEvent {
  const last = state.receipts.at(-1)?.body.amount ?? 0n
  const more = (last + state.bid.body.priceMax + 1n) / 2n
  switch (what) {
    case 'tick':
      return { type: 'ticked', receipt: receiptOf(state.receipts.length, more, RECEIPT_TICK) }
    case 'deliver':
      return {
        type: 'delivered',
        receipt: receiptOf(state.receipts.length, more, RECEIPT_FINAL),
        result,
        stderr: EMPTY
      }
    case 'fail':
      return { type: 'failed', failure: { code: 'E_X', fault: 'host', message: '' } }
    case 'reject':
      return { type: 'contradicted' }
    case 'pay':
      return { type: 'vouchered', receipts: state.receipts.length }
  }
}

describe('whatever happens, and whenever it restarts', () => {
  it('no 24 hours cost more than the limit, and the ledger is what its records say', () => {
    const LIMIT = 100n
    fc.assert(
      fc.property(moves, all => {
        const tables = createTables()
        let ledger = tables.reopen()
        let now = NOW
        const made: { atSec: number; state: BuyerAgreement; payable: number }[] = []
        for (const move of all) {
          if (move.type === 'wait') now += move.sec
          else if (move.type === 'restart') ledger = tables.reopen()
          else if (move.type === 'agree') {
            if (ledger.spent(now) + move.priceMax > LIMIT) continue
            const state = agreementOf(made.length + 1, move.host, move.priceMax, now + 3600)
            tables.apply([...ledger.prune(now), ...ledger.promise(state, now)])
            made.push({ atSec: now, state, payable: 0 })
          } else {
            const one = made[move.pick % Math.max(made.length, 1)]
            if (one === undefined) continue
            const event = eventOf(one.state, move.what)
            // The payer pays what it was told to while the agreement was open: see the effects of a step.
            const due = event.type === 'vouchered' ? { ...event, receipts: one.payable } : event
            const { state, effects } = stepBuyer(one.state, due)
            tables.apply(state === one.state ? [] : ledger.follow(one.state, state, now))
            one.state = state
            for (const { receipts } of effects) one.payable = receipts
            if (move.what === 'deliver' && state.phase.code === 'delivered') {
              for (const { receipts } of stepBuyer(state, { type: 'confirmed' }).effects) one.payable = receipts
            }
          }
          const again = tables.reopen()
          expect(again.spent(now)).toBe(ledger.spent(now))
          expect(again.promised()).toEqual(ledger.promised())
          for (const { address } of hosts) expect(again.spent(now, address)).toBe(ledger.spent(now, address))
          for (const { atSec } of made) {
            const within = made.filter(other => other.atSec >= atSec && other.atSec < atSec + WINDOW_SEC)
            expect(within.reduce((sum, { state }) => sum + worst(state), 0n) <= LIMIT).toBe(true)
          }
        }
      })
    )
  })
})
