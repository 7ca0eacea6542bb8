import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import type { InnerProvider } from '../fixtures/inner-provider.ts'
import { jobOf, threeOf } from '../fixtures/jobs.ts'
import { type RpcProxy, startRpcProxy } from '../fixtures/rpc-proxy.ts'
import { rejectionOf, waitFor } from '../fixtures/wait-for.ts'

const TOKEN = 10n ** 18n

let network: TestNetwork
let proxy: RpcProxy
const providers: InnerProvider[] = []
beforeAll(async () => {
  network = await createTestNetwork()
  proxy = await startRpcProxy(String(network.descriptor.rpcUrls[0]))
  network.onStop(proxy.stop)
  // Everybody sees the chain through one endpoint, as with a vendor that many use.
  for (const name of ['alice', 'bob', 'carol']) {
    providers.push(await network.addProvider({ name, believes: { rpcUrls: [proxy.url] } }))
  }
})
afterEach(() => {
  proxy.mode = 'up'
})
afterAll(() => network?.stop())

const through = () => ({ believes: { rpcUrls: [proxy.url] } })

describe('a buyer without what it needs', () => {
  it('is told how many offers fell to what when its price is too low, and spends nothing', async () => {
    const buyer = await network.addBuyer()
    const error = await rejectionOf(buyer.client.runJob(threeOf({ priceMax: 3n })))
    expect(error).toMatchObject({
      code: 'E_NO_OFFERS',
      facts: { seen: 3, eligible: 0, found: 0, rejected: { price: 3 }, paid: 0n }
    })
    expect(await buyer.client.channels()).toEqual([])
    expect(await network.chain.escrowBalance(buyer.address)).toBe(100n * TOKEN)
  })

  it('is told that it has no funds, before anything is promised', async () => {
    const buyer = await network.addBuyer({ deposit: 0n })
    const error = await rejectionOf(buyer.client.runJob(threeOf()))
    expect(error).toMatchObject({ code: 'E_NO_FUNDS', facts: { paid: 0n, balance: 0n } })
    for (const { node } of providers) expect((await node.status()).jobs).toMatchObject({ running: 0, failed: 0 })
  })

  it('is told that nobody is there', async () => {
    const lost = await network.addBuyer({ believes: { bootstrap: [] } })
    expect(await rejectionOf(lost.client.offers())).toMatchObject({ code: 'E_NO_PEERS' })
    expect(await rejectionOf(lost.client.runJob(jobOf()))).toMatchObject({ code: 'E_NO_PEERS', facts: { paid: 0n } })
  })

  it('is told that the chain does not answer', async () => {
    const buyer = await network.addBuyer(through())
    proxy.mode = 'down'
    const error = await rejectionOf(buyer.client.runJob(threeOf()))
    expect(error).toMatchObject({ code: 'E_RPC_DOWN', facts: { paid: 0n } })
    // Nobody was tried in vain one after the other.
    expect((error.facts as { money: unknown[] }).money.length).toBeLessThanOrEqual(3)
    proxy.mode = 'up'
    await expect(buyer.client.runJob(threeOf())).resolves.toMatchObject({ result: { exitCode: 0 } })
  })

  it('is told that its endpoint is on another chain', async () => {
    const buyer = await network.addBuyer(through())
    proxy.mode = 'other-chain'
    expect(await rejectionOf(buyer.client.runJob(threeOf()))).toMatchObject({
      code: 'E_WRONG_CHAIN',
      facts: { expected: 31337, actual: 1n, paid: 0n }
    })
    expect(await network.chain.escrowBalance(buyer.address)).toBe(100n * TOKEN)
  })
})

describe('a chain that dies once channels are open', () => {
  it('stops no job: what is deposited is enough, and vouchers are redeemed when it is back', async () => {
    // An endpoint of its own, because providers look at the chain whether it answers or not.
    const buyers = await startRpcProxy(String(network.descriptor.rpcUrls[0]))
    network.onStop(buyers.stop)
    const buyer = await network.addBuyer({ believes: { rpcUrls: [buyers.url] } })
    const first = await buyer.client.runJob(threeOf())
    for (const each of [proxy, buyers]) each.mode = 'down'
    const before = buyers.requests
    for (let i = 0; i < 5; i++) {
      const { paid, replicas } = await buyer.client.runJob(threeOf({ replicas: 3, quorum: 3 }))
      expect(replicas.map(({ state }) => state)).toEqual(['paid', 'paid', 'paid'])
      expect(paid).toBeGreaterThan(0n)
    }
    // Not even asked.
    expect(buyers.requests).toBe(before)
    expect(first.paid).toBeGreaterThan(0n)

    for (const each of [proxy, buyers]) each.mode = 'up'
    const channels = await buyer.client.channels()
    for (const { node } of providers) await node.stop()
    await waitFor(
      async () => {
        const states = await Promise.all(channels.map(({ id }) => network.chain.channelState(id)))
        return channels.every(({ cumulative }, i) => states[i]?.settled === cumulative)
      },
      { timeoutMs: 10_000, what: 'stopping providers to redeem what they have' }
    )
    const { chain, descriptor } = network
    expect(await chain.liabilities()).toBe(await chain.tokenBalance(descriptor.escrow))
  })
})
