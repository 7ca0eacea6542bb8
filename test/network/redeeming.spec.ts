import type { BuyerChannel, Wei } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBuyer } from '../fixtures/buyer.ts'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import type { InnerProvider } from '../fixtures/inner-provider.ts'
import { jobOf } from '../fixtures/jobs.ts'
import { waitFor } from '../fixtures/wait-for.ts'

let network: TestNetwork
let patient: InnerProvider
let eager: InnerProvider
beforeAll(async () => {
  network = await createTestNetwork()
  patient = await network.addProvider({ name: 'patient' })
  eager = await network.addProvider({ name: 'eager', redeem: { amountMin: 1n, ageSecMax: 0 } })
})
afterAll(() => network?.stop())

/** A buyer that ran one job at a provider, and the channel that paid it. */
async function paidJob({ region, address }: InnerProvider): Promise<{ buyer: TestBuyer; channel: BuyerChannel }> {
  const buyer = await network.addBuyer()
  await buyer.client.runJob(jobOf({ regions: [region] }))
  const channels = await buyer.client.channels()
  expect(channels).toHaveLength(1)
  expect(channels[0]).toMatchObject({ provider: address })
  return { buyer, channel: channels[0]! }
}

const settledOf = async ({ id }: BuyerChannel): Promise<Wei> => (await network.chain.channelState(id)).settled
const untilSettled = (channel: BuyerChannel) =>
  waitFor(async () => (await settledOf(channel)) === channel.cumulative, {
    timeoutMs: 30_000,
    what: 'the voucher to be redeemed'
  })
async function expectConserved(): Promise<void> {
  expect(await network.chain.liabilities()).toBe(await network.chain.tokenBalance(network.descriptor.escrow))
}

describe('a provider that would wait for more', () => {
  it('redeems as soon as the buyer asks for its money back', async () => {
    const { buyer, channel } = await paidJob(patient)
    expect(channel.cumulative).toBeGreaterThan(0n)
    expect(await settledOf(channel)).toBe(0n)
    expect((await patient.node.status()).redeem).toMatchObject({ waiting: { channels: 1 }, atRisk: { channels: 0 } })
    await buyer.chain.requestClose(channel.key)
    await untilSettled(channel)
    await expectConserved()
  })

  it('finds at its start what happened while it was away', async () => {
    const { buyer, channel } = await paidJob(patient)
    // Stopping redeems everything, so the close is asked for behind the back of a node that hears of nothing.
    await buyer.chain.requestClose(channel.key)
    await patient.restart()
    await untilSettled(channel)
    await waitFor(async () => (await patient.node.status()).redeem.books.sweptAt !== undefined, {
      timeoutMs: 10_000,
      what: 'every channel to be compared'
    })
  })
})

describe('a reorganisation that takes a payment back', () => {
  it.each([1, 4, 12])('%i blocks deep, is followed by the same payment again', async depth => {
    const { channel } = await paidJob(eager)
    await untilSettled(channel)
    const before = await network.chain.escrowBalance(eager.owner)
    await network.rpc('anvil_mine', [`0x${(depth - 1).toString(16)}`])
    await network.rpc('anvil_reorg', [depth, []])
    expect(await settledOf(channel)).toBe(0n)
    await untilSettled(channel)
    expect(await network.chain.escrowBalance(eager.owner)).toBe(before)
    await expectConserved()
    await waitFor(async () => (await eager.node.status()).redeem.waiting.channels === 0, {
      timeoutMs: 10_000,
      what: 'the books to say so'
    })
  })
})
