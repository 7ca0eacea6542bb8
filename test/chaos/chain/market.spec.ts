import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBuyer } from '../../fixtures/buyer.ts'
import { createTestNetwork, type TestNetwork } from '../../fixtures/create-network.ts'
import type { InnerProvider } from '../../fixtures/inner-provider.ts'
import { jobOf } from '../../fixtures/jobs.ts'
import { waitFor } from '../../fixtures/wait-for.ts'

/** Until the provider hears of a re-organisation, reads what is true now, and redeems: two blocks of the slowest chains. */
const SEEN_MS = 24_000

let network: TestNetwork
let provider: InnerProvider
let buyer: TestBuyer
beforeAll(async () => {
  network = await createTestNetwork()
  provider = await network.addProvider({ name: 'bob', redeem: { amountMin: 1n, ageSecMax: 1 } })
  buyer = await network.addBuyer()
})
afterAll(() => network?.stop())

const vouchered = async () => (await provider.node.status()).earnings.vouchered
const paidOut = () => network.chain.escrowBalance(provider.owner)

/** Waits until the owner has, on chain, every wei that was vouched for. */
async function untilPaid(): Promise<void> {
  await waitFor(async () => (await paidOut()) === (await vouchered()), {
    timeoutMs: SEEN_MS,
    what: 'what was vouched for to be on the chain'
  })
}

async function expectConserved(): Promise<void> {
  const { chain } = network
  expect(await chain.tokenBalance(chain.escrow)).toBe(await chain.liabilities())
}

describe('a market on a chain in trouble', () => {
  it('is paid again, once, when a re-organisation takes a payment back', async () => {
    await buyer.client.runJob(jobOf())
    await untilPaid()
    const paid = await paidOut()
    expect(paid).toBeGreaterThan(0n)
    const redeemed = (await network.chain.escrowEvents({ fromBlock: 0 })).find(({ name }) => name === 'Redeemed')
    // A chain of half-second blocks, long enough for the provider to hear of the payment.
    for (let i = 0; i < 12; i++) {
      await new Promise(resolve => setTimeout(resolve, 500))
      await network.rpc('evm_mine')
    }
    const depth = (await network.chain.blockNumber()) - redeemed!.blockNumber + 1
    await network.rpc('anvil_reorg', [depth, []])
    expect(await paidOut()).toBe(0n)
    await expectConserved()
    await untilPaid()
    expect(await paidOut()).toBe(paid)
    await expectConserved()
  })

  it('goes on working while the chain stands still, and is paid once it moves again', async () => {
    const before = await paidOut()
    await network.rpc('evm_setAutomine', [false])
    for (let i = 0; i < 3; i++) await buyer.client.runJob(jobOf())
    expect(await paidOut()).toBe(before)
    await network.rpc('evm_increaseTime', [33 * 60])
    await network.rpc('evm_setAutomine', [true])
    await network.rpc('evm_mine')
    await untilPaid()
    expect(await paidOut()).toBeGreaterThan(before)
    await expectConserved()
  })
})
