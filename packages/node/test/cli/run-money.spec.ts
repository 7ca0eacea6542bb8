import type { Client } from '@archipel/client'
import { CodedError } from '@archipel/protocol'
import { describe, expect, test } from 'vitest'
import { EMPTY_VIEW, type JobView, stepView } from '../../src/cli/progress/view.ts'
import { inTokens, moneyLines, readMoney, withMoney } from '../../src/cli/run/money.ts'
import { JOB, PROVIDER, replica } from './progress-fixtures.ts'

const MILLI = 10n ** 15n

/** A client with the books of one job: one agreement, paid for a tick, on a channel of two thousandths. */
function clientWith(state: 'running' | 'succeeded' | 'failed'): Client {
  const agreement = replica().agreement!
  const books = {
    job: async () => ({ id: JOB, state, agreements: [agreement] }),
    agreement: async () => ({ channel: '0xc1', paid: MILLI, offer: { body: { provider: PROVIDER } } }),
    channels: async () => [
      { id: '0xc1', deposit: 2n * MILLI, cumulative: MILLI },
      { id: '0xc2', deposit: 9n * MILLI, cumulative: 0n }
    ]
  }
  return books as unknown as Client
}

const view: JobView = [
  { type: 'prepared', job: JOB, program: 'bafy', input: undefined } as const,
  { type: 'replica', replica: replica({ state: 'failed' }) } as const
].reduce((before, event) => stepView(before, event, 0), EMPTY_VIEW)

describe('the money of a job that was stopped', () => {
  test('is what the books say, not what was seen last', async () => {
    const money = await readMoney(clientWith('failed'), view)
    expect(money).toMatchObject({ job: JOB, state: 'failed', paid: MILLI, locked: MILLI })
    expect(moneyLines(money, 'tUSD')).toEqual([
      `job ${JOB}: paid 0.001 tUSD`,
      `  eu-west  ${PROVIDER}  failed, paid 0.001 tUSD`,
      '  0.001 tUSD stay in channels to these providers, for the next job',
      '  It is over: nothing more will be paid for it.'
    ])
  })

  test('comes with the way to its result when there is one', async () => {
    const money = await readMoney(clientWith('succeeded'), view)
    expect(moneyLines(money, 'tUSD').at(-1)).toBe('  Its result is not lost: archipel job result 0x10101010')
  })

  test('of a job that was never stored is nothing', async () => {
    const nobody = { job: async () => undefined, channels: async () => [] } as unknown as Client
    const money = await readMoney(nobody, EMPTY_VIEW)
    expect(moneyLines(money, 'tUSD')).toEqual(['Nothing was agreed and nothing was paid.'])
  })

  test('is among the facts of the error, for programs', async () => {
    const money = await readMoney(clientWith('failed'), view)
    const err = withMoney(
      new CodedError('E_DEADLINE', 'too late', { hint: 'more time', facts: { deadline: 1 } }),
      money
    )
    expect(err).toMatchObject({
      code: 'E_DEADLINE',
      hint: 'more time',
      facts: { deadline: 1, money: { job: JOB, paid: MILLI } }
    })
    const bug = new TypeError('not ours')
    expect(withMoney(bug, money)).toBe(bug)
  })
})

test('what has to be deposited is said in tokens', () => {
  const err = new CodedError('E_NO_FUNDS', 'too little', { facts: { balance: MILLI, missing: 1n } })
  expect(inTokens(err, 5n * MILLI, 'tUSD')).toMatchObject({
    code: 'E_NO_FUNDS',
    message: 'the escrow balance of 0.001 tUSD does not cover a job of up to 0.005 tUSD',
    hint: 'deposit more: archipel escrow deposit 0.005',
    facts: { balance: MILLI, missing: 1n, need: 5n * MILLI }
  })
  const other = new CodedError('E_DEADLINE', 'too late')
  expect(inTokens(other, 5n * MILLI, 'tUSD')).toBe(other)
})

describe('a limit in the way', () => {
  const facts = { max: 10n ** 18n, spent: 9n * 10n ** 17n, needed: 2n * 10n ** 17n }
  const told = (more: object) => {
    const err = new CodedError('E_SPENDING_LIMIT', 'this would go above the limit', { facts: { ...facts, ...more } })
    return inTokens(err, 1n, 'tUSD') as CodedError
  }

  test('is told in tokens, with what would help', () => {
    expect(told({ limit: 'day', freesAt: 1_800_000_000 })).toMatchObject({
      code: 'E_SPENDING_LIMIT',
      message: 'this may cost 0.2 tUSD; of 1 tUSD allowed in 24 hours, 0.9 tUSD are spent or promised',
      hint: 'allow more: --limit-day 1.1\nor wait until 2027-01-15T08:00Z',
      facts
    })
    expect(told({ limit: 'provider', freesAt: null })).toMatchObject({
      message: expect.stringContaining('allowed to one provider in 24 hours'),
      hint: 'allow more: --limit-provider 1.1'
    })
    expect(told({ limit: 'job', freesAt: null, spent: 0n, needed: 2n * 10n ** 18n })).toMatchObject({
      message: 'a job may cost 1 tUSD by your limits, not 2 tUSD',
      hint: 'lower --max-price, or raise limits.job in the configuration to 2'
    })
  })
})
