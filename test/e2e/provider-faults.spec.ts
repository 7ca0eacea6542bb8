import type { JobOutcome, Replica } from '@archipel/client'
import type { CodedError } from '@archipel/protocol'
import { DEFAULT_PROVIDERS, type ProviderPlan } from 'archipel'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { TestBuyer } from '../fixtures/buyer.ts'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import { isRunning, jobOf, watchJob } from '../fixtures/jobs.ts'
import { descendantsOf, expectGone } from '../fixtures/processes.ts'
import { countDown, LOOP_FOREVER } from '../fixtures/programs.ts'
import { rejectionOf, waitFor } from '../fixtures/wait-for.ts'

/** One provider in each of three regions. The one in us-east gives little credit; the others sit out a restart. */
const PROVIDERS: ProviderPlan[] = DEFAULT_PROVIDERS.filter(({ name }) => name.endsWith('-1')).map(plan => ({
  ...plan,
  tick: plan.domains.region === 'us-east' ? '2s' : '30s',
  redeem: { amount: '0.000000000000000001', age: '1s' }
}))
/** Long enough to be hit while it runs. */
const LONG = countDown(3000)

let network: TestNetwork
let buyer: TestBuyer
beforeAll(async () => {
  network = await createTestNetwork({ providers: PROVIDERS })
  buyer = await network.addBuyer({ lostAfterMs: 2000 })
})
afterEach(async () => {
  for (const { pid } of network.devnet.status().providers) if (pid !== undefined) process.kill(pid, 'SIGCONT')
  // Whoever was killed comes back for the next test.
  await network.restartMissing()
  await network.untilKnownTo(buyer)
})
afterAll(() => network?.stop())

const nameOf = ({ provider }: Replica): string =>
  network.devnet.status().providers.find(({ address }) => address === provider)!.name

describe('a provider that is killed while it works', () => {
  it('is replaced by one in another region, and its program dies with it', async () => {
    const job = watchJob(buyer.client, jobOf({ program: LONG, replicas: 2, quorum: 2 }))
    const [victim] = await job.until('both to run', all => all.length === 2 && all.every(isRunning))
    const family = descendantsOf(network.provider(nameOf(victim!)).pid!)
    expect(family.length).toBeGreaterThan(0)
    await network.kill(nameOf(victim!))
    const outcome = await job.outcome
    await expectGone(family, 'the programs of a killed provider to end')
    const [dead, ...rest] = outcome.replicas.filter(({ provider }) => provider === victim!.provider)
    expect(rest).toEqual([])
    expect(dead).toMatchObject({ state: 'failed', digest: undefined, failure: { code: 'E_PROVIDER_LOST' } })
    const paid = outcome.replicas.filter(({ state }) => state === 'paid')
    expect(new Set(paid.map(({ region }) => region)).size).toBe(2)
    expect(job.progress).toContainEqual(expect.objectContaining({ type: 'replaced', lost: victim!.provider }))
    await expectTicksOnly(outcome, dead!)
  })

  it('does not stop a quorum of the other regions when nobody can take its place', async () => {
    const job = watchJob(buyer.client, jobOf({ program: LONG, replicas: 3, quorum: 2 }))
    await job.until('all three to run', all => all.length === 3 && all.every(isRunning))
    expect(await network.devnet.killRegion('us-east')).toEqual(['us-east-1'])
    const outcome = await job.outcome
    const states = Object.fromEntries(outcome.replicas.map(({ region, state }) => [region, state]))
    expect(states).toEqual({ 'us-east': 'failed', 'eu-west': 'paid', 'ap-south': 'paid' })
    await expectTicksOnly(outcome, outcome.replicas.find(({ region }) => region === 'us-east')!)
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'goes on with the same agreement when it is back in time after %s, and is paid once',
    async kind => {
      const patient = await network.addBuyer({ lostAfterMs: 60_000 })
      const job = watchJob(patient.client, jobOf({ program: LONG, replicas: 3, quorum: 3 }))
      const all = await job.until('all three to run', all => all.length === 3 && all.every(isRunning))
      const victim = all.find(({ region }) => region === 'eu-west')
      await network.kill(nameOf(victim!), kind)
      await network.restartMissing()
      const outcome = await job.outcome
      expect(outcome.replicas).toHaveLength(3)
      expect(outcome.replicas.find(({ provider }) => provider === victim!.provider)).toMatchObject({
        state: 'paid',
        agreement: victim!.agreement
      })
      for (const replica of outcome.replicas) await expectPaidOnce(patient, replica)
    }
  )
})

describe('a provider that is killed just when it is to be paid', () => {
  it('gets its voucher when it is back, with no other job to bring it', async () => {
    const patient = await network.addBuyer({ lostAfterMs: 60_000 })
    const { pid, address } = network.provider('ap-south-1')
    const { job } = await patient.client.runJob(jobOf({ replicas: 3, quorum: 3 }), {
      onProgress: ({ type }) => type === 'quorum' && process.kill(pid!, 'SIGKILL')
    })
    await waitFor(() => network.provider('ap-south-1').pid === undefined, { timeoutMs: 5000, what: 'it to be gone' })
    const agreements = await Promise.all((await patient.client.job(job))!.agreements.map(patient.client.agreement))
    const owed = agreements.find(agreement => agreement?.offer.body.provider === address)
    expect(owed?.phase.code).toBe('paid')
    const settled = async () => (await network.chain.channelState(owed!.channel)).settled
    expect(await settled()).toBe(0n)
    await network.restartMissing()
    await waitFor(async () => (await settled()) === owed!.paid, {
      timeoutMs: 30_000,
      what: 'the restarted provider to be paid and to redeem'
    })
  })
})

describe('a provider that is killed after some ticks', () => {
  it('keeps exactly what was vouchered, on chain too', async () => {
    const customer = await network.addBuyer()
    const job = watchJob(customer.client, jobOf({ program: LOOP_FOREVER, regions: ['us-east'] }))
    const failure = rejectionOf(job.outcome)
    const [victim] = await job.until(
      'two ticks to be paid',
      ([replica]) => (replica?.runMs ?? 0) >= 2000 && replica!.paid > 0n
    )
    await network.kill(nameOf(victim!))
    const { code, facts } = (await failure) as CodedError
    expect(code).toBe('E_QUORUM_IMPOSSIBLE')
    const agreement = (await customer.client.agreement(victim!.agreement!))!
    expect(agreement.paidReceipts).toBeGreaterThanOrEqual(2)
    expect(agreement.paid).toBe(agreement.receipts[agreement.paidReceipts - 1]!.body.amount)
    expect(facts).toMatchObject({ paid: agreement.paid, money: [{ provider: victim!.provider, paid: agreement.paid }] })
    await network.restartMissing()
    await network.untilKnownTo(customer)
    // The next contact brings what may have been on its way when the provider died.
    const { paid } = await customer.client.runJob(jobOf({ regions: ['us-east'] }))
    await waitFor(async () => (await network.chain.channelState(agreement.channel)).settled === agreement.paid + paid, {
      timeoutMs: 20_000,
      what: 'the restarted provider to redeem what it was paid'
    })
  })
})

describe('a provider that freezes while it works', () => {
  it('is noticed and replaced in bounded time, and earns nothing with what it does when it wakes', async () => {
    const job = watchJob(buyer.client, jobOf({ program: LONG, replicas: 2, quorum: 2 }))
    const [victim] = await job.until('both to run', all => all.length === 2 && all.every(isRunning))
    const { pid, name } = network.provider(nameOf(victim!))
    process.kill(pid!, 'SIGSTOP')
    const isGivenUp = (all: Replica[]) => all.some(one => one.provider === victim!.provider && one.state === 'failed')
    await job.until('the frozen one to be given up', isGivenUp, 20_000)
    const outcome = await job.outcome
    expect(job.progress).toContainEqual(expect.objectContaining({ type: 'replaced', lost: victim!.provider }))
    const given = outcome.replicas.find(({ provider }) => provider === victim!.provider)!
    await expectTicksOnly(outcome, given)

    process.kill(pid!, 'SIGCONT')
    await waitFor(async () => (await network.statusOf(name)).jobs.running === 0, {
      timeoutMs: 30_000,
      what: 'the one that woke up to be done'
    })
    // It can tell its result now: there is a conversation again.
    const { paid } = await buyer.client.runJob(jobOf({ regions: [victim!.region] }))
    const agreement = (await buyer.client.agreement(given.agreement!))!
    expect(agreement).toMatchObject({ phase: { code: 'failed' }, paid: given.paid })
    const channel = (await buyer.client.channels()).find(({ id }) => id === agreement.channel)!
    expect(channel.unacknowledged.every(pay => pay.agreement !== agreement.id)).toBe(true)
    expect(paid).toBeGreaterThan(0n)
  })
})

/** A replica that delivered nothing was paid no more than the receipts it had sent while it ran. */
async function expectTicksOnly(outcome: JobOutcome, replica: Replica): Promise<void> {
  const agreement = (await buyer.client.agreement(replica.agreement!))!
  expect(agreement.receipts.every(({ body }) => body.kind === 0)).toBe(true)
  expect(replica.paid).toBe(agreement.receipts[agreement.paidReceipts - 1]?.body.amount ?? 0n)
  expect(agreement.paid).toBe(replica.paid)
  expect(outcome.paid).toBe(outcome.replicas.reduce((sum, { paid }) => sum + paid, 0n))
}

/** Buyer and provider have the same idea of the channel, and the agreement is in its log once. */
async function expectPaidOnce({ client }: TestBuyer, replica: Replica): Promise<void> {
  const agreement = (await client.agreement(replica.agreement!))!
  const receipts = agreement.receipts.length
  expect(agreement.paidReceipts).toBe(receipts)
  expect(agreement.paid).toBe(agreement.receipts.at(-1)!.body.amount)
  const channel = (await client.channels()).find(({ id }) => id === agreement.channel)!
  expect(channel).toMatchObject({ cumulative: agreement.paid, log: { size: receipts } })
}
