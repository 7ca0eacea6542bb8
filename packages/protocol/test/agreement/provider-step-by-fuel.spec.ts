import { describe, expect, it } from 'vitest'
import { testHash } from '../../scripts/vector-files/keys.ts'
import {
  amountDue,
  createProviderAgreement,
  FUEL_PER_SEC,
  type ProviderAgreement,
  type ProviderEvent,
  stepProvider
} from '../../src/index.ts'
import { dealOf, NOW } from '../helpers/market.ts'

const TICK_SEC = 10
const CREDIT = TICK_SEC * FUEL_PER_SEC
const deal = dealOf({ demand: { fuel: 100 * CREDIT, durationSec: 600 }, bid: { tickSec: TICK_SEC } })
const bid = deal.bid.body
const demand = deal.demand.body
const start = createProviderAgreement({ ...deal, channel: testHash('channel') as ProviderAgreement['channel'] })

const usage = (fuel: number, runMs: number) => ({ runMs, memoryBytes: 1, outputBytes: 2, fuel })
const tick = (fuel: number, runMs = 1_000): ProviderEvent => ({ type: 'ticked', usage: usage(fuel, runMs) })

function run(events: readonly ProviderEvent[]): ProviderAgreement {
  return events.reduce((state, event) => stepProvider(state, event, NOW).state, start)
}

describe('a provider that is paid by fuel', () => {
  it('asks for what was burnt, however long that took', () => {
    const { receipts } = run([tick(CREDIT / 4, 100), tick(CREDIT / 2, 900_000)])
    expect(receipts.map(({ amount }) => amount)).toEqual([
      amountDue(bid, demand, CREDIT / 4),
      amountDue(bid, demand, CREDIT / 2)
    ])
  })

  it('stops when a tick of fuel is unpaid, and no sooner', () => {
    expect(run([tick(CREDIT / 2), tick(CREDIT - 1, 10 ** 9)]).phase.code).toBe('running')
    expect(run([tick(CREDIT / 2), tick(CREDIT)]).phase).toMatchObject({
      code: 'failed',
      failure: { code: 'E_UNPAID', fault: 'buyer', message: expect.stringContaining(`${CREDIT} fuel`) }
    })
    expect(run([tick(CREDIT / 2), { type: 'paid', receipts: 1 }, tick(CREDIT)]).phase.code).toBe('running')
  })

  it('says that a program runs which burnt nothing more, and asks for nothing more', () => {
    const { receipts } = run([tick(5, 1_000), tick(5, 2_000), tick(5, 2_000)])
    expect(receipts.map(({ usage }) => usage.runMs)).toEqual([1_000, 2_000])
    expect(receipts[1]!.amount).toBe(receipts[0]!.amount)
  })

  it('tells nothing while a program that was started again is not yet as far as it was', () => {
    const { receipts } = run([tick(100, 1_000), { type: 'restarted' }, tick(50, 2_000), tick(120, 500)])
    expect(receipts.map(({ usage }) => [usage.fuel, usage.runMs])).toEqual([
      [100, 1_000],
      [120, 1_000]
    ])
  })

  it('is paid for the fuel of a program that fails by its own fault', () => {
    const failed = (fault: string): ProviderEvent => ({
      type: 'failed',
      failure: { code: 'E_FUEL', fault, message: 'the program used up its fuel' },
      usage: usage(300, 10)
    })
    expect(run([tick(100), failed('program')]).receipts.at(-1)).toMatchObject({ amount: amountDue(bid, demand, 300) })
    expect(run([tick(100), failed('host')]).receipts).toHaveLength(1)
  })

  it('is paid for the start of one that fails before it burnt anything', () => {
    const failure = { code: 'E_OUTPUT_LIMIT', fault: 'program', message: 'too much output' }
    const { receipts } = run([{ type: 'failed', failure, usage: usage(0, 0) }])
    expect(receipts.map(({ amount }) => amount)).toEqual([bid.startup])
  })
})
