import { type ChannelKey, encodeMeta } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { packRecords, type Redeemable } from '../../../src/chain/escrow/voucher-records.ts'
import { REDEEM_RECORDS_MAX } from '../../../src/chain/limits.ts'

const key: ChannelKey = {
  payer: `0x${'a1'.repeat(20)}`,
  payee: `0x${'b2'.repeat(20)}`,
  token: `0x${'c3'.repeat(20)}`,
  arbiter: `0x${'00'.repeat(20)}`,
  meta: encodeMeta({ signer: `0x${'d4'.repeat(20)}`, closeDelaySec: 3600, salt: 5n })
}
const voucher: Redeemable = {
  key,
  cumulative: 0x0102n,
  commitment: `0x${'e5'.repeat(32)}`,
  signature: new Uint8Array(64).fill(0xf6)
}

describe('packRecords', () => {
  it('lays a voucher out in 164 bytes', () => {
    const { parties, records } = packRecords([voucher])
    expect(parties).toEqual({ token: key.token, payee: key.payee, arbiter: key.arbiter })
    expect(records).toBe(
      [
        '0x',
        'a1'.repeat(20),
        `${'d4'.repeat(20)}00000e100000000000000005`,
        `${'00'.repeat(14)}0102`,
        'e5'.repeat(32),
        'f6'.repeat(64)
      ].join('')
    )
    expect(records).toHaveLength(2 + 2 * 164)
  })

  it('takes the largest batch and not one voucher more', () => {
    const { records } = packRecords(Array(REDEEM_RECORDS_MAX).fill(voucher))
    expect(records).toHaveLength(2 + 2 * 164 * REDEEM_RECORDS_MAX)
    expect(() => packRecords(Array(REDEEM_RECORDS_MAX + 1).fill(voucher))).toThrow(
      expect.objectContaining({ code: 'E_BATCH_INVALID' })
    )
  })

  it('refuses a cumulative amount or a signature that does not fit', () => {
    expect(() => packRecords([{ ...voucher, cumulative: 2n ** 128n }])).toThrow(RangeError)
    expect(() => packRecords([{ ...voucher, signature: new Uint8Array(65) }])).toThrow(RangeError)
  })
})
