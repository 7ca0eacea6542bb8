import type { Address, ChannelId, Hash } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { replayChannel } from '../../src/audit/replay-channel.ts'
import type { ChannelEvent } from '../../src/chain/index.ts'

const id = `0x${'1d'.repeat(32)}` as ChannelId
const hash: Hash = `0x${'c0'.repeat(32)}`
const someone: Address = `0x${'ab'.repeat(20)}`
const place = { id, blockNumber: 1, logIndex: 0, transactionHash: hash }

const opened: ChannelEvent = {
  ...place,
  name: 'ChannelOpened',
  payer: someone,
  payee: someone,
  token: someone,
  arbiter: someone,
  meta: hash
}
const funded = (amount: bigint, deposit: bigint): ChannelEvent => ({
  ...place,
  name: 'ChannelFunded',
  from: someone,
  amount,
  deposit
})
const redeemed = (cumulative: bigint, paid: bigint): ChannelEvent => ({
  ...place,
  name: 'Redeemed',
  cumulative,
  paid,
  commitment: hash
})
const closing: ChannelEvent = { ...place, name: 'CloseRequested', closeAt: 99 }
const closed = (refunded: bigint): ChannelEvent => ({ ...place, name: 'ChannelClosed', refunded })
const skipped: ChannelEvent = { ...place, name: 'VoucherSkipped', cumulative: 1n, code: 'E_VOUCHER_OLD' }
const awarded = (amount: bigint, paid: bigint): ChannelEvent => ({
  ...place,
  name: 'RedeemedByArbiter',
  amount,
  paid,
  ref: hash
})

describe('replayChannel', () => {
  it('follows a whole life: top-ups, a voucher above the deposit, a close and a second life', () => {
    const events = [opened, funded(10n, 10n), funded(5n, 15n), redeemed(4n, 4n), skipped, redeemed(20n, 11n)]
    expect(replayChannel(events)).toEqual({ deposit: 15n, settled: 15n, closeAt: 0 })
    expect(replayChannel([...events, funded(5n, 20n), closing])).toEqual({ deposit: 20n, settled: 15n, closeAt: 99 })
    const again = [...events, funded(5n, 20n), closing, closed(5n), funded(1n, 16n), redeemed(20n, 1n)]
    expect(replayChannel(again)).toEqual({ deposit: 16n, settled: 16n, closeAt: 0 })
  })

  it('takes awards of an arbiter from the deposit, beside the vouchers', () => {
    const held: ChannelEvent = { ...place, name: 'ChannelHeld', until: 99 }
    const events = [opened, funded(10n, 10n), redeemed(4n, 4n), held, awarded(3n, 3n), redeemed(20n, 3n)]
    expect(replayChannel(events)).toEqual({ deposit: 7n, settled: 7n, closeAt: 0 })
    const all = [opened, funded(10n, 10n), awarded(20n, 10n), opened, funded(1n, 1n)]
    expect(replayChannel(all)).toEqual({ deposit: 1n, settled: 0n, closeAt: 0 })
  })

  it.each<[string, ChannelEvent[]]>([
    ['no opening', [funded(10n, 10n)]],
    ['nothing at all', []],
    ['an opening while there is money in it', [opened, funded(10n, 10n), opened]],
    ['a deposit that does not add up', [opened, funded(10n, 11n)]],
    ['money that comes in while it closes', [opened, funded(10n, 10n), closing, funded(1n, 11n)]],
    ['a payment of another size than the voucher asks for', [opened, funded(10n, 10n), redeemed(4n, 5n)]],
    ['a payment above the deposit', [opened, funded(10n, 10n), redeemed(12n, 12n)]],
    ['a payment of nothing', [opened, funded(10n, 10n), redeemed(4n, 4n), redeemed(4n, 0n)]],
    ['an award of more than there is', [opened, funded(10n, 10n), redeemed(4n, 4n), awarded(9n, 9n)]],
    ['a refund of money that was paid', [opened, funded(10n, 10n), redeemed(4n, 4n), closing, closed(10n)]]
  ])('does not believe %s', (_, events) => {
    expect(() => replayChannel(events)).toThrow(expect.objectContaining({ code: 'E_AUDIT_MISMATCH' }))
  })
})
