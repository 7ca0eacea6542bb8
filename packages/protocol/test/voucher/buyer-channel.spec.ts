import { describe, expect, it } from 'vitest'
import { testHash } from '../../scripts/vector-files/keys.ts'
import { channels } from '../../scripts/vector-files/money-cases.ts'
import {
  acknowledge,
  acknowledgedSize,
  type BuyerChannel,
  type ChannelKey,
  channelId,
  commitmentOf,
  createBuyerChannel,
  type Due,
  issueVoucher,
  PAYS_MAX,
  type Pay
} from '../../src/index.ts'
import { codeOf, expectCode } from '../helpers/check.ts'

const key = channels['the payer signs']?.key as ChannelKey
const fresh = createBuyerChannel(channelId(key), key, 100n)

function payments(count: number, amount = 0n): (Due & Pay)[] {
  return Array.from({ length: count }, (_, sequence) => ({
    receipt: testHash(`receipt ${sequence}`),
    amount,
    agreement: testHash('agreement'),
    sequence
  }))
}

function paid(count: number): BuyerChannel {
  return issueVoucher(fresh, payments(count)).channel
}

describe('issueVoucher', () => {
  it('signs for the new total and the log that holds the receipts', () => {
    const { channel, voucher, leaves } = issueVoucher(fresh, payments(2, 30n))
    expect(voucher).toEqual({ channel: fresh.id, cumulative: 60n, commitment: commitmentOf(channel.log) })
    expect(channel).toMatchObject({ cumulative: 60n, log: { size: 2 }, deposit: 100n })
    expect(channel.unacknowledged).toEqual(payments(2).map(({ agreement, sequence }) => ({ agreement, sequence })))
    expect(leaves.map(({ cumulative }) => cumulative)).toEqual([30n, 60n])
    expect(fresh).toMatchObject({ cumulative: 0n, log: { size: 0 }, unacknowledged: [] })
  })

  it('spends the deposit to the last unit and no further', () => {
    expect(issueVoucher(fresh, payments(1, 100n)).channel.cumulative).toBe(100n)
    expectCode(() => issueVoucher(fresh, payments(1, 101n)), 'E_CHANNEL_EXHAUSTED')
    const { channel } = issueVoucher(fresh, payments(1, 60n))
    expectCode(() => issueVoucher(channel, payments(1, 41n)), 'E_CHANNEL_EXHAUSTED')
    expect(codeOf(() => issueVoucher(channel, payments(1, 40n)))).toBeUndefined()
  })

  it('keeps what is not acknowledged within one payment, so that it can be sent again whole', () => {
    expect(issueVoucher(fresh, payments(PAYS_MAX)).channel.unacknowledged.length).toBe(PAYS_MAX)
    expectCode(() => issueVoucher(fresh, payments(PAYS_MAX + 1)), 'E_PAYMENTS_UNACKNOWLEDGED')
    const full = paid(PAYS_MAX)
    expectCode(() => issueVoucher(full, payments(1)), 'E_PAYMENTS_UNACKNOWLEDGED')
    const freed = acknowledge(full, 1)
    expect(issueVoucher(freed, payments(1)).channel.unacknowledged.length).toBe(PAYS_MAX)
    expectCode(() => issueVoucher(freed, payments(2)), 'E_PAYMENTS_UNACKNOWLEDGED')
  })

  it('can sign again for nothing new', () => {
    const { voucher, channel } = issueVoucher(paid(3), [])
    expect(voucher.commitment).toBe(commitmentOf(paid(3).log))
    expect(channel.unacknowledged.length).toBe(3)
  })
})

describe('acknowledge', () => {
  it('drops what the provider has, oldest first', () => {
    const channel = acknowledge(paid(5), 2)
    expect(channel.unacknowledged.map(({ sequence }) => sequence)).toEqual([2, 3, 4])
    expect(acknowledgedSize(channel)).toBe(2)
    expect(acknowledge(channel, 5).unacknowledged).toEqual([])
  })

  it.each([0, 1, 2, -1, 6, 1.5, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'takes no notice of %s after 2 of 5',
    size => {
      const channel = acknowledge(paid(5), 2)
      expect(acknowledge(channel, size)).toBe(channel)
    }
  )
})
