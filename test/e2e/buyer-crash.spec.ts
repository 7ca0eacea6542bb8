import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type CodedError, type Hash, toHex } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBuyer } from '../fixtures/buyer.ts'
import type { Orders } from '../fixtures/buyer-process.ts'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import type { InnerProvider } from '../fixtures/inner-provider.ts'
import { isRunning, jobOf, watchJob } from '../fixtures/jobs.ts'
import { countDown } from '../fixtures/programs.ts'
import { rejectionOf } from '../fixtures/wait-for.ts'

const SCRIPT = fileURLToPath(new URL('../fixtures/buyer-process.ts', import.meta.url))

let network: TestNetwork
const providers: InnerProvider[] = []
beforeAll(async () => {
  network = await createTestNetwork()
  for (const name of ['alice', 'bob', 'carol']) providers.push(await network.addProvider({ name }))
})
afterAll(() => network?.stop())

describe('a buyer whose process is killed', () => {
  it.each([
    ['after all have agreed, while they run', 'running'],
    ['when a result is agreed on and not yet stored', 'quorum'],
    ['when the first payment is stored and not yet sent', 'paid']
  ] as const)('%s, gets its result with the same key and folder, and pays once', async (_, dieAt) => {
    const buyer = await network.addBuyer({ start: false })
    await buyer.stop()
    const job = await runUntilKilled(buyer, dieAt)
    const earnedBefore = await Promise.all(providers.map(earned))

    const client = await buyer.restart()
    const stored = await client.job(job)
    expect(stored).toMatchObject({ id: job, state: dieAt === 'paid' ? 'succeeded' : 'running' })
    expect(stored?.agreements).toHaveLength(3)
    const outcome = await client.resumeJob(job)
    expect(new TextDecoder().decode(outcome.stdout)).toBe('done')
    expect(outcome.replicas.map(({ state }) => state)).toEqual(['paid', 'paid', 'paid'])
    // The same agreements: nobody was asked to do the work twice.
    expect(outcome.replicas.map(({ agreement }) => agreement).sort()).toEqual([...stored!.agreements].sort())
    await expectBooksAgree(buyer)

    // Asking for it again costs nothing.
    const again = await client.resumeJob(job)
    expect(Buffer.from(again.stdout)).toEqual(Buffer.from(outcome.stdout))
    expect(again.digest).toBe(outcome.digest)
    expect(await client.job(job)).toMatchObject({ state: 'succeeded', digest: outcome.digest })
    const spent = await expectBooksAgree(buyer)
    expect(spent).toBe(outcome.paid)
    const earnedAfter = await Promise.all(providers.map(earned))
    expect(total(earnedAfter) - total(earnedBefore)).toBe(outcome.paid)
    expect((await client.jobs()).map(({ id }) => id)).toEqual([job])
  })
})

describe('a client that is stopped', () => {
  it('leaves its job to be taken up again', async () => {
    const buyer = await network.addBuyer()
    const job = watchJob(buyer.client, jobOf({ program: countDown(1000), replicas: 2, quorum: 2 }))
    const failure = rejectionOf(job.outcome)
    const running = await job.until('both to run', all => all.length === 2 && all.every(isRunning))
    await buyer.client.stop()
    const { code, facts } = (await failure) as CodedError
    expect(code).toBe('E_CLIENT_STOPPED')
    const client = await buyer.restart()
    const outcome = await client.resumeJob(facts.job as Hash)
    expect(new TextDecoder().decode(outcome.stdout)).toBe('done')
    const agreements = running.map(({ agreement }) => agreement)
    expect(outcome.replicas.map(({ agreement }) => agreement).sort()).toEqual(agreements.sort())
    expect(outcome.paid).toBe(total((await client.channels()).map(({ cumulative }) => cumulative)))
  })
})

/** Runs the job in another process until that kills itself. @returns the job's id */
async function runUntilKilled(buyer: TestBuyer, dieAt: Orders['dieAt']): Promise<Hash> {
  const { program: _, priceMax: __, ...spec } = jobOf({ replicas: 3, quorum: 3 })
  const orders: Orders = {
    descriptor: buyer.descriptor,
    privateKey: toHex(buyer.privateKey),
    dataDir: buyer.dataDir,
    spec,
    millions: dieAt === 'running' ? 1500 : 10,
    dieAt
  }
  const { promise, resolve, reject } = Promise.withResolvers<Hash>()
  execFile(process.execPath, [SCRIPT, JSON.stringify(orders)], { timeout: 60_000 }, (err, stdout, stderr) => {
    if (err?.signal === 'SIGKILL') resolve(stdout as Hash)
    else reject(new Error(`the buyer's process was to be killed, and ended otherwise: ${stderr}`, { cause: err }))
  })
  return promise
}

/** One receipt paid on each channel, within its deposit. @returns what the buyer spent */
async function expectBooksAgree({ client, chain }: TestBuyer): Promise<bigint> {
  const channels = await client.channels()
  expect(channels).toHaveLength(3)
  for (const { cumulative, log, deposit } of channels) {
    expect(log.size).toBe(1)
    expect(cumulative).toBeLessThanOrEqual(deposit)
  }
  expect(await chain.liabilities()).toBe(await chain.tokenBalance(chain.escrow))
  return total(channels.map(({ cumulative }) => cumulative))
}

const earned = async ({ node }: InnerProvider): Promise<bigint> => (await node.status()).earnings.vouchered
const total = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n)
