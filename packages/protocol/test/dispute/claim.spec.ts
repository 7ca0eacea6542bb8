import { describe, expect, it } from 'vitest'
import { testCid, testHash } from '../../scripts/vector-files/keys.ts'
import {
  CLAIM_AGE_SEC_MAX,
  CLAIM_MARGIN_SEC,
  type ClaimQuestion,
  createProviderAgreement,
  decideClaim,
  type ProviderAgreement,
  type ProviderEvent,
  stepProvider
} from '../../src/index.ts'
import { dealOf, NOW } from '../helpers/market.ts'
import { POLICY, QUANTUM } from './standing.ts'

const deal = dealOf({ bid: { tickSec: 60 } })
const start = createProviderAgreement({ ...deal, channel: testHash('channel') as ProviderAgreement['channel'] })
const result = { exitCode: 0, stdout: testCid('stdout'), output: testCid('output') }
const usage = (runMs: number) => ({ runMs, memoryBytes: 1, outputBytes: 2, fuel: 0 })
const tick: ProviderEvent = { type: 'ticked', usage: usage(1_000) }
const finish: ProviderEvent = { type: 'finished', usage: usage(2_000), result, stderr: testCid('stderr') }
const fail: ProviderEvent = { type: 'failed', failure: { code: 'E_UNPAID', fault: 'buyer', message: 'unpaid' } }
const broke: ProviderEvent = { type: 'failed', failure: { code: 'E_INTERNAL', fault: 'host', message: 'broken' } }

function after(events: readonly ProviderEvent[], nowSec = NOW): ProviderAgreement {
  return events.reduce((state, event) => stepProvider(state, event, nowSec).state, start)
}

const delivered = after([tick, finish])
const amount = delivered.receipts.at(-1)!.amount
const GRACE = POLICY.graceSec

function question(change: Partial<ClaimQuestion> = {}): ClaimQuestion {
  return {
    agreement: delivered,
    channel: { deposit: 10n * amount, settled: 0n, cumulative: 0n, closeAt: 0 },
    claimed: 0n,
    isBusy: false,
    stake: 6n * QUANTUM,
    feePerGasWei: 1n,
    nowSec: NOW + GRACE,
    policy: { ...POLICY, amountMin: 1n },
    ...change
  }
}

const onChannel = (change: Partial<ClaimQuestion['channel']>) => ({ ...question().channel, ...change })
const decided = (change: Partial<ClaimQuestion>): string => {
  const decision = decideClaim(question(change))
  return decision.type === 'forgo' ? `forgo ${decision.why}` : decision.type
}

describe('when a provider goes to court', () => {
  it.each<[string, Partial<ClaimQuestion>, string]>([
    ['silent for long enough', {}, 'claim'],
    ['a second too early', { nowSec: NOW + GRACE - 1 }, 'wait'],
    ['still running', { agreement: after([tick]) }, 'nothing'],
    ['all is paid', { agreement: after([tick, finish, { type: 'paid', receipts: 2 }]) }, 'nothing'],
    ['only the tick is paid', { agreement: after([tick, finish, { type: 'paid', receipts: 1 }]) }, 'claim'],
    ['failed with an unpaid tick', { agreement: after([tick, fail]) }, 'claim'],
    ['failed by its own fault', { agreement: after([tick, broke]) }, 'nothing'],
    ['failed with nothing done', { agreement: after([fail]) }, 'nothing'],
    ['too old', { nowSec: NOW + CLAIM_AGE_SEC_MAX + 1 }, 'nothing'],
    ['nothing is left on the channel', { channel: onChannel({ settled: 10n * amount }) }, 'forgo empty'],
    ['vouchers in hand take all of it', { channel: onChannel({ cumulative: 10n * amount }) }, 'forgo empty'],
    ['other claims take all of it', { claimed: 10n * amount }, 'forgo empty'],
    ['too little', { policy: { ...POLICY, amountMin: amount + 1n } }, 'forgo small'],
    ['the stake is too high', { stake: POLICY.stakeMax + 1n }, 'forgo stake'],
    ['gas is too dear', { feePerGasWei: POLICY.feeWeiMax }, 'forgo fees'],
    [
      'gas takes more than its share',
      { policy: { ...POLICY, amountMin: 1n, coinPrice: 10n ** 18n }, feePerGasWei: amount },
      'forgo fees'
    ],
    ['other work is under way', { isBusy: true }, 'ready'],
    [
      'the money leaves before the time is over',
      { nowSec: NOW + 100, channel: onChannel({ closeAt: NOW + 100 + CLAIM_MARGIN_SEC }) },
      'claim'
    ],
    [
      'the money leaves, but not yet',
      { nowSec: NOW + 99, channel: onChannel({ closeAt: NOW + 100 + CLAIM_MARGIN_SEC }) },
      'wait'
    ],
    [
      'the money leaves, and the buyer had no tick yet to pay',
      { nowSec: NOW + 59, channel: onChannel({ closeAt: NOW + 600 }) },
      'wait'
    ],
    [
      'the money leaves while other work is under way',
      { nowSec: NOW + 60, isBusy: true, channel: onChannel({ closeAt: NOW + 600 }) },
      'claim'
    ]
  ])('says what it should when %s', (_, change, expected) => {
    expect(decided(change)).toBe(expected)
  })

  it('claims what is unpaid, as far as the channel has it', () => {
    const paidOnce = after([tick, finish, { type: 'paid', receipts: 1 }])
    const due = amount - paidOnce.paid
    expect(decideClaim(question({ agreement: paidOnce }))).toMatchObject({
      type: 'claim',
      due,
      alreadyPaid: paidOnce.paid,
      receipt: { amount }
    })
    expect(decideClaim(question({ channel: onChannel({ deposit: 1n }) }))).toMatchObject({ type: 'claim', due: 1n })
  })

  it('does not claim a result that came after its deadline, but the ticks before it', () => {
    const late = deal.demand.body.deadline + 1
    const ticked = after([tick])
    const { state } = stepProvider(ticked, finish, late)
    const decision = decideClaim(question({ agreement: state, nowSec: late + GRACE }))
    expect(decision).toMatchObject({ type: 'claim', receipt: { amount: ticked.receipts[0]!.amount } })
  })
})
