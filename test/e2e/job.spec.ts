import type { ContentEntry, ExportedFile, JobOutcome } from '@archipel/client'
import { channelId } from '@archipel/protocol'
import { createWasmExecutor, DEFAULT_PROVIDERS, type ProviderPlan } from 'archipel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBuyer } from '../fixtures/buyer.ts'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import { threeOf } from '../fixtures/jobs.ts'
import { ECHO } from '../fixtures/programs.ts'
import { waitFor } from '../fixtures/wait-for.ts'

/** Three providers in three regions, each redeeming what it has within a second or two. */
const PROVIDERS: ProviderPlan[] = DEFAULT_PROVIDERS.filter(({ name }) => name.endsWith('-1')).map(plan => ({
  ...plan,
  redeem: { amount: '0.000000000000000001', age: '1s' }
}))
const INPUT = [
  { path: 'a.txt', content: new TextEncoder().encode('hello, archipelago\n') },
  // Several reads, and more than one block.
  { path: 'sub/b.bin', content: Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * i) >> 3) }
] satisfies ContentEntry[]
const ARGS = ['echo', 'first', 'second argument']

let network: TestNetwork
let buyer: TestBuyer
beforeAll(async () => {
  network = await createTestNetwork({ providers: PROVIDERS })
  buyer = await network.addBuyer()
})
afterAll(() => network?.stop())

describe('a job on three provider processes in three regions', () => {
  let outcome: JobOutcome

  it('finds every offer through one first contact', async () => {
    const stranger = await network.addBuyer({
      deposit: 0n,
      believes: { bootstrap: network.descriptor.bootstrap.slice(0, 1) }
    })
    // Right after its start, with nothing else to wait for: what a one-off command does.
    const offers = await stranger.client.offers()
    const regions = offers.map(({ offer }) => offer.body.domains.region).sort()
    expect(regions).toEqual(['ap-south', 'eu-west', 'us-east'])
  })

  it('gives the outputs of a local run, byte for byte', async () => {
    outcome = await buyer.client.runJob(
      threeOf({ program: ECHO, args: ARGS, input: INPUT, resources: { ...threeOf().resources, diskBytes: 2 ** 24 } })
    )
    const local = await runHere()
    expect(local.exitCode).toBe(0)
    expect(outcome.result.exitCode).toBe(0)
    expect(Buffer.from(outcome.stdout)).toEqual(Buffer.from(local.stdout))
    const files = await collect(buyer.client.outputFiles(outcome.job))
    expect(files).toEqual(Object.fromEntries(local.files.map(({ path, bytes }) => [path, Buffer.from(bytes)])))
    expect(Object.keys(files)).toEqual(['a.txt', 'b.bin'])
    expect(files['b.bin']).toEqual(Buffer.from(INPUT[1]?.content ?? []))
  })

  it('pays each of the three exactly what its receipts say, by voucher', async () => {
    expect(outcome.replicas.map(({ region }) => region).sort()).toEqual(['ap-south', 'eu-west', 'us-east'])
    const channels = await buyer.client.channels()
    for (const replica of outcome.replicas) {
      expect(replica).toMatchObject({ state: 'paid', digest: outcome.digest, failure: undefined })
      expect(replica.paid).toBeGreaterThan(0n)
      expect(replica.paid).toBeLessThanOrEqual(replica.priceMax)
      const agreement = await buyer.client.agreement(replica.agreement!)
      expect(agreement?.receipts.at(-1)?.body.amount).toBe(replica.paid)
      const channel = channels.find(({ id }) => id === agreement?.channel)
      expect(channel?.cumulative).toBe(replica.paid)
      expect(channel?.key.arbiter).toBe(network.descriptor.court)
      expect(channel?.log.size).toBe(agreement?.receipts.length)
    }
    expect(outcome.paid).toBe(sum(outcome.replicas.map(({ paid }) => paid)))
    expect(sum(channels.map(({ cumulative }) => cumulative))).toBe(outcome.paid)
  })

  it('is settled on chain to the last unit, and the providers say the same', async () => {
    const channels = await buyer.client.channels()
    await waitFor(async () => sum(await Promise.all(channels.map(settledOf))) === outcome.paid, {
      timeoutMs: 20_000,
      what: 'every voucher to be redeemed'
    })
    for (const { plan, address, owner } of network.devnet.status().providers) {
      const paid = outcome.replicas.find(({ provider }) => provider === address)?.paid
      const status = await network.statusOf(plan.name)
      expect(status.earnings).toEqual({ vouchered: String(paid), redeemed: String(paid) })
      expect(status.jobs).toEqual({ running: 0, done: 1, failed: 0 })
      // The operator's money is at its own address now, out of reach of the node's key.
      expect(await network.chain.escrowBalance(owner)).toBe(paid)
      const channel = channels.find(({ key }) => key.payee === owner)
      expect(channelId(channel!.key)).toBe(channel?.id)
      expect(await settledOf(channel!)).toBe(paid)
    }
  })

  it('leaves the escrow with exactly what it owes', async () => {
    const { chain, descriptor } = network
    expect(await chain.liabilities()).toBe(await chain.tokenBalance(descriptor.escrow))
    const [balance, channels] = await Promise.all([chain.escrowBalance(buyer.address), buyer.client.channels()])
    expect(balance + sum(channels.map(({ deposit }) => deposit))).toBe(100n * 10n ** 18n)
  })
})

describe('many jobs of one buyer at once', () => {
  it('share channels that are topped up under them, and are each paid once', async () => {
    const busy = await network.addBuyer({ channelPolicy: { depositMin: 0n } })
    const before = await vouchered()
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => busy.client.runJob(threeOf({ args: ['noop', String(i)], quorum: 3 })))
    )
    const channels = await busy.client.channels()
    expect(channels).toHaveLength(3)
    const paid = sum(outcomes.map(outcome => outcome.paid))
    expect(sum(channels.map(({ cumulative }) => cumulative))).toBe(paid)
    for (const { id, cumulative, deposit, log } of channels) {
      expect(log.size).toBe(20)
      expect(cumulative).toBeLessThanOrEqual(deposit)
      expect((await network.chain.channelState(id)).deposit).toBe(deposit)
    }
    await waitFor(async () => (await vouchered()) - before === paid, {
      timeoutMs: 10_000,
      what: 'providers to hold vouchers for all of it'
    })
    expect(await network.chain.liabilities()).toBe(await network.chain.tokenBalance(network.descriptor.escrow))
  })
})

async function vouchered(): Promise<bigint> {
  const statuses = await Promise.all(PROVIDERS.map(({ name }) => network.statusOf(name)))
  return sum(statuses.map(({ earnings }) => BigInt(earnings.vouchered)))
}

const settledOf = async ({ id }: { id: Parameters<typeof network.chain.channelState>[0] }) =>
  (await network.chain.channelState(id)).settled

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)

async function collect(files: AsyncIterable<ExportedFile>): Promise<Record<string, Buffer>> {
  const found: Record<string, Buffer> = {}
  for await (const { path, content } of files) found[path] = Buffer.concat(await Array.fromAsync(content()))
  return found
}

/** The same program on the same input, with the executor alone. */
async function runHere() {
  const executor = createWasmExecutor()
  await executor.start()
  try {
    return await executor.run(
      {
        tenant: 'nobody',
        program: { cid: 'echo', load: async () => ECHO },
        args: ARGS,
        env: [],
        files: INPUT.map(({ path, content }) => ({ path, bytes: content.slice() })),
        limits: { wallMs: 30_000, memoryBytes: 2 ** 24, diskBytes: 2 ** 24, outputBytes: 2 ** 24 }
      },
      { signal: AbortSignal.timeout(30_000) }
    )
  } finally {
    await executor.stop()
  }
}
