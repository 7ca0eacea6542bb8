import { createPureSigner, type Hex } from '@archipel/protocol'
import { Transaction } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createChain, mintTestTokens } from '../../../src/chain/index.ts'
import { TX_GAS_MAX } from '../../../src/chain/limits.ts'
import { type Market, startMarket, TOKEN } from '../fixture.ts'
import { forward, startEndpoint } from '../rpc/fake-endpoint.ts'

describe('sending transactions', () => {
  let market: Market
  beforeAll(async () => {
    market = await startMarket()
    await market.alice.deposit(500n * TOKEN)
  })
  afterAll(() => market.anvil.stop())

  it('gives concurrent sends of one key nonces of their own, across chain objects', async () => {
    const { alice, aliceSigner, as, keyTo, bob } = market
    const another = as(aliceSigner)
    const opened = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        (i % 2 === 0 ? alice : another).openChannel(keyTo(bob.address!, BigInt(i)), TOKEN)
      )
    )
    expect(opened.map(({ deposit }) => deposit)).toEqual(Array(12).fill(TOKEN))
    expect(new Set(opened.map(({ hash }) => hash)).size).toBe(12)
  })

  it('goes on after a send that failed', async () => {
    const { alice, keyTo, bob } = market
    const [refused, done] = await Promise.allSettled([
      alice.openChannel(keyTo(bob.address!, 50n), 10_000n * TOKEN),
      alice.openChannel(keyTo(bob.address!, 51n), TOKEN)
    ])
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'E_NO_FUNDS' } })
    expect(done.status).toBe('fulfilled')
  })

  it('says when the account cannot pay for gas', async () => {
    const pauper = createPureSigner(new Uint8Array(32).fill(7))
    await expect(market.as(pauper).withdraw(1n)).rejects.toMatchObject({ code: 'E_NO_FUNDS' })
    const { alice, anvil } = market
    const minting = mintTestTokens({
      rpcUrls: [anvil.url],
      chainId: anvil.chainId,
      signer: pauper,
      token: alice.token,
      to: pauper.address,
      amount: 1n
    })
    await expect(minting).rejects.toMatchObject({
      code: 'E_NO_GAS',
      facts: { from: pauper.address },
      hint: expect.any(String)
    })
  })

  it('sends again through the next endpoint what the first took without saying so', async () => {
    const { anvil, alice, aliceSigner, keyTo, bob } = market
    const swallowing = await startEndpoint(async question => {
      const answer = await forward(anvil.url, question)
      return question.method === 'eth_sendRawTransaction' ? response => void response.destroy() : answer
    })
    try {
      const { chainId, escrow, token } = alice
      const chain = createChain({ rpcUrls: [swallowing.url, anvil.url], chainId, escrow, token, signer: aliceSigner })
      const nonceBefore = await anvil.request('eth_getTransactionCount', [aliceSigner.address, 'latest'])
      const { deposit } = await chain.openChannel(keyTo(bob.address!, 60n), TOKEN)
      expect(deposit).toBe(TOKEN)
      const nonceAfter = await anvil.request('eth_getTransactionCount', [aliceSigner.address, 'latest'])
      expect(Number(nonceAfter) - Number(nonceBefore)).toBe(1)
    } finally {
      await swallowing.stop()
    }
  })

  it('tries again with a fresh nonce when the endpoint was behind', async () => {
    const { anvil, alice, aliceSigner, keyTo, bob } = market
    let late = true
    const behind = await startEndpoint(async question => {
      const answer = await forward(anvil.url, question)
      if (question.method !== 'eth_getTransactionCount' || !late) return answer
      late = false
      return { result: '0x0' }
    })
    try {
      const { chainId, escrow, token } = alice
      const chain = createChain({ rpcUrls: [behind.url], chainId, escrow, token, signer: aliceSigner })
      expect((await chain.openChannel(keyTo(bob.address!, 61n), TOKEN)).deposit).toBe(TOKEN)
      expect(late).toBe(false)
    } finally {
      await behind.stop()
    }
  })

  it('says why a transaction failed that looked good when it was sent', async () => {
    const { anvil, alice, bob, bobSigner, keyTo, voucher } = market
    const redeemable = voucher(keyTo(bob.address!, 0n), TOKEN / 2n)
    await bob.redeem(redeemable)
    const optimist = await startEndpoint(question =>
      question.method === 'eth_estimateGas' ? { result: '0x186a0' } : forward(anvil.url, question)
    )
    try {
      const { chainId, escrow, token } = alice
      const chain = createChain({ rpcUrls: [optimist.url], chainId, escrow, token, signer: bobSigner })
      await expect(chain.redeem(redeemable)).rejects.toMatchObject({
        code: 'E_VOUCHER_OLD',
        facts: { hash: expect.stringMatching(/^0x[0-9a-f]{64}$/), gasUsed: expect.any(BigInt), settled: TOKEN / 2n }
      })
    } finally {
      await optimist.stop()
    }
  })

  it.each([
    ['a quarter above the estimate', 1_000_000n, 1_250_000n],
    ['the cap of EIP-7825 where the margin would pass it', TX_GAS_MAX - 1n, TX_GAS_MAX]
  ])('asks for %s', async (_, estimate, expected) => {
    const { anvil, alice, aliceSigner, keyTo, bob } = market
    const estimating = await startEndpoint(question =>
      question.method === 'eth_estimateGas' ? { result: `0x${estimate.toString(16)}` } : forward(anvil.url, question)
    )
    try {
      const { chainId, escrow, token } = alice
      const chain = createChain({ rpcUrls: [estimating.url], chainId, escrow, token, signer: aliceSigner })
      await chain.openChannel(keyTo(bob.address!, estimate), 1n)
      const sent = estimating.asked.find(({ method }) => method === 'eth_sendRawTransaction')
      expect(Transaction.from(sent!.params[0] as string).gasLimit).toBe(expected)
    } finally {
      await estimating.stop()
    }
  })

  it('waits for a transaction that every endpoint fell silent about, instead of sending another', async () => {
    const { anvil, alice, aliceSigner, keyTo, bob } = market
    let silent = 0
    const faint = await startEndpoint(async question => {
      const answer = await forward(anvil.url, question)
      if (question.method === 'eth_sendRawTransaction') silent = 5
      return silent-- > 0 ? response => void response.destroy() : answer
    })
    try {
      const { chainId, escrow, token } = alice
      const chain = createChain({ rpcUrls: [faint.url], chainId, escrow, token, signer: aliceSigner })
      expect((await chain.openChannel(keyTo(bob.address!, 62n), TOKEN)).deposit).toBe(TOKEN)
      const sent = faint.asked.filter(({ method }) => method === 'eth_sendRawTransaction')
      expect(new Set(sent.map(({ params }) => params[0])).size).toBe(1)
    } finally {
      await faint.stop()
    }
  })

  describe('to a chain that mines nothing', () => {
    beforeAll(() => market.anvil.request('evm_setAutomine', [false]))
    afterAll(() => market.anvil.request('evm_setAutomine', [true]))

    const patient = (txTimeoutMs: number) => {
      const { anvil, alice, aliceSigner } = market
      const { chainId, escrow, token } = alice
      return createChain({ rpcUrls: [anvil.url], chainId, escrow, token, signer: aliceSigner, txTimeoutMs })
    }

    it('gives up after the timeout and names the transaction, which may still be mined', async () => {
      const err = await patient(200)
        .openChannel(market.keyTo(market.bob.address!, 70n), TOKEN)
        .catch(err => err)
      expect(err).toMatchObject({ code: 'E_TX_TIMEOUT', facts: { hash: expect.stringMatching(/^0x[0-9a-f]{64}$/) } })
      await market.anvil.request('evm_mine')
      const receipt = await market.anvil.request('eth_getTransactionReceipt', [err.facts.hash as Hex])
      expect(receipt).toMatchObject({ status: '0x1' })
    })

    it('gives up when told to', async () => {
      const reason = new Error('enough')
      const controller = new AbortController()
      const opening = patient(60_000).openChannel(market.keyTo(market.bob.address!, 71n), TOKEN, {
        signal: controller.signal
      })
      setTimeout(() => controller.abort(reason), 100)
      await expect(opening).rejects.toBe(reason)
      await market.anvil.request('evm_mine')
    })
  })
})
