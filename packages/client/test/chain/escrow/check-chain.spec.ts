import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createChain } from '../../../src/chain/index.ts'
import { type Market, startMarket } from '../fixture.ts'

describe('checkChain', () => {
  let market: Market
  beforeAll(async () => {
    market = await startMarket()
  })
  afterAll(() => market.anvil.stop())

  const check = (changed: Partial<Parameters<typeof createChain>[0]>) => {
    const { alice, anvil } = market
    const { chainId, escrow, token } = alice
    return createChain({ rpcUrls: [anvil.url], chainId, escrow, token, ...changed }).checkChain()
  }

  it('notices a chain with another id', async () => {
    await expect(check({ chainId: 1 })).rejects.toMatchObject({
      code: 'E_WRONG_CHAIN',
      facts: { expected: 1, actual: 31337n }
    })
  })

  it('notices that there is no contract, or another one, where the escrow should be', async () => {
    const nobody = `0x${'11'.repeat(20)}` as const
    await expect(check({ escrow: nobody })).rejects.toMatchObject({ code: 'E_NO_CONTRACT', facts: { address: nobody } })
    const { token } = market.alice
    await expect(check({ escrow: token })).rejects.toMatchObject({ code: 'E_NO_CONTRACT', facts: { address: token } })
  })

  it('notices that there is no token', async () => {
    const nobody = `0x${'22'.repeat(20)}` as const
    await expect(check({ token: nobody })).rejects.toMatchObject({ code: 'E_NO_CONTRACT', facts: { address: nobody } })
  })
})
