import type { Chain } from '@archipel/client'
import { type ChannelId, CodedError } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { type ProviderChannels, redeemable } from '../../src/payment/channels.ts'
import { createRedeemer } from '../../src/payment/redeemer.ts'
import type { ChannelRecord } from '../../src/store/records.ts'
import { address, channelKey } from '../agreement/world.ts'

const record = (n: number, over: Partial<ChannelRecord> = {}): ChannelRecord =>
  ({
    id: `0x${n}` as ChannelId,
    key: channelKey(BigInt(n)),
    deposit: 100n,
    settled: 0n,
    cumulative: 10n,
    closeAt: 0,
    dueSince: 1,
    voucher: { body: { channel: `0x${n}`, cumulative: 10n, commitment: '0x' }, signature: new Uint8Array(64) },
    ...over
  }) as unknown as ChannelRecord

/** One last look at some channels, with a chain that fails as told. */
async function redeemOnce(
  records: readonly ChannelRecord[],
  fails: { redeem?: (payees: Set<string>) => boolean; refresh?: (id: ChannelId) => boolean }
) {
  const state = new Map(records.map(each => [each.id, each]))
  const redeemed: string[][] = []
  const reads: string[] = []
  const down = () => new CodedError('E_RPC_DOWN', 'down')
  const channels = {
    due: () => [...state.values()].filter(each => redeemable(each) > 0n),
    async refresh(id: ChannelId) {
      reads.push(id)
      if (fails.refresh?.(id) === true) throw down()
      return state.get(id)
    }
  } as unknown as ProviderChannels
  async function redeemMany(vouchers: readonly { key: { payee: string }; channel: string }[]) {
    if (fails.redeem?.(new Set(vouchers.map(({ key }) => key.payee))) === true) throw down()
    redeemed.push(vouchers.map(({ channel }) => channel))
    for (const { channel } of vouchers) {
      const before = state.get(channel as ChannelId) as ChannelRecord
      state.set(before.id, { ...before, settled: before.cumulative })
    }
    return { hash: '0x' }
  }
  const chain = { redeemMany, redeem: (voucher: never) => redeemMany([voucher]) } as unknown as Chain
  const quiet = () => {}
  const redeemer = createRedeemer({
    channels,
    chain,
    policy: { amountMin: 1n, ageSecMax: 1 },
    nowSec: () => 100,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet } as never
  })
  await redeemer.stop()
  return { redeemed, reads, total: redeemer.redeemed }
}

const otherOwner = { ...channelKey(7n), payee: address('5') }

describe('the redeemer', () => {
  it('redeems each owner’s channels apart, and closing ones first', async () => {
    const { redeemed, total } = await redeemOnce(
      [record(1), record(2, { key: otherOwner }), record(3, { closeAt: 900 }), record(4, { closeAt: 500 })],
      {}
    )
    expect(redeemed).toEqual([['0x4', '0x3', '0x1'], ['0x2']])
    expect(total).toBe(40n)
  })

  it('goes on with the others when one batch fails', async () => {
    const { redeemed } = await redeemOnce([record(1), record(2, { key: otherOwner })], {
      redeem: payees => !payees.has(address('5'))
    })
    expect(redeemed).toEqual([['0x2']])
  })

  it('goes on when a channel cannot be read', async () => {
    const { redeemed, reads } = await redeemOnce([record(1), record(2)], { refresh: id => String(id) === '0x1' })
    expect(redeemed).toEqual([['0x1', '0x2']])
    expect(reads).toEqual(['0x1', '0x2', '0x1', '0x2'])
  })

  it('stops reading when the chain is down, and tries to redeem all the same', async () => {
    const { redeemed, reads } = await redeemOnce(
      Array.from({ length: 10 }, (_, n) => record(n)),
      { refresh: () => true }
    )
    expect(reads).toHaveLength(6)
    expect(redeemed).toHaveLength(1)
  })
})
