import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createChain } from '../../../src/chain/index.ts'
import { TXS_MAX } from '../../../src/chain/limits.ts'
import { type Market, startMarket, TOKEN } from '../fixture.ts'

describe('transactions of one account under way', () => {
  let market: Market
  beforeAll(async () => {
    market = await startMarket()
    await market.alice.deposit(500n * TOKEN)
    await market.alice.openChannel(market.keyTo(market.bob.address!), 10n * TOKEN)
    await market.anvil.request('evm_setAutomine', [false])
  })
  afterAll(() => market.anvil.stop())

  const pooled = async () => Number(((await market.anvil.request('txpool_status')) as { pending: string }).pending)
  const open = (signer = market.bobSigner, txTimeoutMs = 60_000) => {
    const { chainId, escrow, token } = market.alice
    return createChain({ rpcUrls: [market.anvil.url], chainId, escrow, token, signer, txTimeoutMs })
  }

  it('are one where the same is redeemed again, by whoever does not know how it ended', async () => {
    const voucher = market.voucher(market.keyTo(market.bob.address!), TOKEN)
    await expect(open(market.bobSigner, 100).redeem(voucher)).rejects.toMatchObject({ code: 'E_TX_TIMEOUT' })
    const again = [open().redeem(voucher), open().redeem(voucher)]
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(await pooled()).toBe(1)
    await market.anvil.request('evm_mine')
    const [first, second] = await Promise.all(again)
    expect(first!.hash).toBe(second!.hash)
    expect(first!.paid).toBe(TOKEN)
  })

  it('are as many as were asked for where each takes effect, up to a bound and not one more', async () => {
    const alice = open(market.aliceSigner)
    const running = Array.from({ length: TXS_MAX }, () => alice.openChannel(market.keyTo(market.bob.address!), TOKEN))
    await expect.poll(pooled, { timeout: 15_000 }).toBe(TXS_MAX)
    await expect(alice.withdraw(TOKEN)).rejects.toMatchObject({
      code: 'E_TX_QUEUE_FULL',
      facts: { address: alice.address, max: TXS_MAX },
      hint: expect.any(String)
    })
    await market.anvil.request('evm_mine')
    await market.anvil.request('evm_mine')
    expect(new Set((await Promise.all(running)).map(({ hash }) => hash)).size).toBe(TXS_MAX)
    await market.anvil.request('evm_setAutomine', [true])
    await alice.withdraw(TOKEN)
  })
})
