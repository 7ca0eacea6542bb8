import { channelId } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLOSE_DELAY_SEC, COMMITMENT, type Market, startMarket, TOKEN } from '../fixture.ts'

describe('the life of a channel', () => {
  let market: Market
  beforeAll(async () => {
    market = await startMarket()
  })
  afterAll(() => market.anvil.stop())

  it('finds the right chain with the right contracts', async () => {
    const { chainId, blockNumber } = await market.as().checkChain()
    expect(chainId).toBe(31337)
    expect(blockNumber).toBeGreaterThanOrEqual(3)
    expect(await market.alice.tokenInfo()).toEqual({ symbol: 'tUSD', decimals: 18 })
  })

  it('deposits, opens, redeems, closes and withdraws, and every coin is accounted for', async () => {
    const { alice, bob, keyTo, voucher, anvil } = market
    const key = keyTo(bob.address!)
    const id = channelId(key)

    const { credited } = await alice.deposit(100n * TOKEN)
    expect(credited).toBe(100n * TOKEN)
    expect(await alice.allowance(alice.address!)).toBe(0n)
    expect(await alice.escrowBalance(alice.address!)).toBe(100n * TOKEN)

    expect((await alice.openChannel(key, 40n * TOKEN)).deposit).toBe(40n * TOKEN)
    expect((await alice.openChannel(key, 10n * TOKEN)).deposit).toBe(50n * TOKEN)
    expect(await alice.channelState(id)).toEqual({ deposit: 50n * TOKEN, settled: 0n, closeAt: 0 })

    const first = await bob.redeem(voucher(key, 20n * TOKEN))
    expect(first.paid).toBe(20n * TOKEN)
    expect(first.gasUsed).toBeLessThan(65_000n)
    expect(first.feeWei).toBeGreaterThan(0n)
    const steady = await bob.redeem(voucher(key, 30n * TOKEN))
    expect(steady.paid).toBe(10n * TOKEN)
    expect(steady.gasUsed).toBeLessThanOrEqual(41_000n)

    const { closeAt } = await alice.requestClose(key)
    expect((await alice.channelState(id)).closeAt).toBe(closeAt)
    await anvil.request('evm_increaseTime', [CLOSE_DELAY_SEC])
    await anvil.request('evm_mine')
    // Still redeemable until somebody closes it; an over-issued voucher pays what is there.
    expect((await bob.redeem(voucher(key, 45n * TOKEN))).paid).toBe(15n * TOKEN)
    expect((await alice.close(key)).refunded).toBe(5n * TOKEN)
    expect(await alice.channelState(id)).toEqual({ deposit: 45n * TOKEN, settled: 45n * TOKEN, closeAt: 0 })

    await bob.withdraw(45n * TOKEN)
    await alice.withdraw(55n * TOKEN)
    expect(await alice.tokenBalance(bob.address!)).toBe(45n * TOKEN)
    expect(await alice.tokenBalance(alice.address!)).toBe(955n * TOKEN)
    expect(await alice.liabilities()).toBe(0n)
    expect(await alice.tokenBalance(alice.escrow)).toBe(0n)
  })

  it('tells its whole history afterwards, to somebody without a key', async () => {
    const { as, keyTo, bob, alice } = market
    const key = keyTo(bob.address!)
    const auditor = as()
    const events = await auditor.channelEvents(channelId(key), { fromBlock: 0 })
    const from = alice.address!
    expect(events.map(({ blockNumber, logIndex, transactionHash, id, ...rest }) => rest)).toEqual([
      { name: 'ChannelOpened', ...key },
      { name: 'ChannelFunded', from, amount: 40n * TOKEN, deposit: 40n * TOKEN },
      { name: 'ChannelFunded', from, amount: 10n * TOKEN, deposit: 50n * TOKEN },
      { name: 'Redeemed', paid: 20n * TOKEN, cumulative: 20n * TOKEN, commitment: COMMITMENT },
      { name: 'Redeemed', paid: 10n * TOKEN, cumulative: 30n * TOKEN, commitment: COMMITMENT },
      { name: 'CloseRequested', closeAt: expect.any(Number) },
      { name: 'Redeemed', paid: 15n * TOKEN, cumulative: 45n * TOKEN, commitment: COMMITMENT },
      { name: 'ChannelClosed', refunded: 5n * TOKEN }
    ])
    const redeemed = await auditor.redeemedEvents(channelId(key), { fromBlock: 0 })
    expect(redeemed.map(({ paid }) => paid)).toEqual([20n * TOKEN, 10n * TOKEN, 15n * TOKEN])
    const { blockNumber } = redeemed[1]!
    expect(await auditor.redeemedEvents(channelId(key), { fromBlock: blockNumber, toBlock: blockNumber })).toHaveLength(
      1
    )
    const all = await auditor.escrowEvents({ fromBlock: 0 })
    expect(all.filter(({ name }) => name === 'Withdrawn')).toHaveLength(2)
    expect(all[0]).toMatchObject({ name: 'Deposited', account: from, from, amount: 100n * TOKEN, token: alice.token })
  })

  it('redeems a batch around the vouchers that pay nothing', async () => {
    const { alice, bob, bobSigner, keyTo, voucher } = market
    const keys = [10n, 11n, 12n].map(salt => keyTo(bob.address!, salt))
    await alice.deposit(30n * TOKEN)
    for (const key of keys) await alice.openChannel(key, 10n * TOKEN)
    await bob.redeem(voucher(keys[1]!, TOKEN))
    const outcome = await bob.redeemMany([
      voucher(keys[0]!, 4n * TOKEN),
      voucher(keys[1]!, TOKEN),
      voucher(keys[2]!, 3n * TOKEN, bobSigner),
      voucher(keys[2]!, 25n * TOKEN),
      voucher(keyTo(bob.address!, 99n), TOKEN)
    ])
    expect(outcome.paid).toBe(14n * TOKEN)
    expect(outcome.redeemed.map(({ id, paid }) => ({ id, paid }))).toEqual([
      { id: channelId(keys[0]!), paid: 4n * TOKEN },
      { id: channelId(keys[2]!), paid: 10n * TOKEN }
    ])
    expect(outcome.skipped.map(({ code }) => code)).toEqual(['E_VOUCHER_OLD', 'E_BAD_SIGNATURE', 'E_CHANNEL_EXHAUSTED'])
  })

  it('lets the payee close at once', async () => {
    const { alice, bob, keyTo } = market
    const key = keyTo(bob.address!, 20n)
    await alice.deposit(2n * TOKEN)
    await alice.openChannel(key, 2n * TOKEN)
    expect((await bob.close(key)).refunded).toBe(2n * TOKEN)
  })

  it('redeems the last voucher and closes in one transaction', async () => {
    const { alice, bob, keyTo, voucher } = market
    const key = keyTo(bob.address!, 21n)
    await alice.deposit(2n * TOKEN)
    await alice.openChannel(key, 2n * TOKEN)
    const { paid, refunded } = await bob.redeemAndClose(voucher(key, TOKEN))
    expect({ paid, refunded }).toEqual({ paid: TOKEN, refunded: TOKEN })
    expect(await alice.channelState(channelId(key))).toEqual({ deposit: TOKEN, settled: TOKEN, closeAt: 0 })
  })
})
