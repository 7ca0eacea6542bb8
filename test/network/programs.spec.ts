import type { JobOutcome } from '@archipel/client'
import { type AgreementId, amountDue, type CodedError, FUEL_PER_SEC, RECEIPT_TICK } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBuyer } from '../fixtures/buyer.ts'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import type { InnerProvider } from '../fixtures/inner-provider.ts'
import { isRunning, jobOf, threeOf, watchJob } from '../fixtures/jobs.ts'
import { createObservedExecutor, type ObservedExecutor } from '../fixtures/observed-executor.ts'
import {
  countDown,
  FILL_DISK,
  LOOP_FOREVER,
  PRINT_FOREVER,
  START_LARGE,
  TAKE_MEMORY,
  TRAP
} from '../fixtures/programs.ts'
import { createPuppetBuyer } from '../fixtures/puppet-buyer.ts'
import { rejectionOf, waitFor } from '../fixtures/wait-for.ts'

const MIB = 2 ** 20
/** Half of it is what a buyer has to pay in, on a machine that is busy with everybody's programs. */
const TICK_SEC = 2

let network: TestNetwork
let buyer: TestBuyer
const executors: ObservedExecutor[] = []
const providers: InnerProvider[] = []
beforeAll(async () => {
  network = await createTestNetwork()
  // One more than a job takes: somebody could take the place of one that fails.
  for (const name of ['alice', 'bob', 'carol', 'dave']) {
    const executor = createObservedExecutor()
    executors.push(executor)
    providers.push(await network.addProvider({ name, executor, tickSec: TICK_SEC }))
  }
  buyer = await network.addBuyer()
})
afterAll(() => network?.stop())

describe('what a program burns', () => {
  it('is the same everywhere, and all that is paid for beside the start', async () => {
    const outcome = await buyer.client.runJob(threeOf({ program: countDown(300), replicas: 3, quorum: 3 }))
    const fuels = new Set(outcome.replicas.map(({ fuel }) => fuel))
    expect(fuels.size).toBe(1)
    for (const { agreement, paid } of outcome.replicas) {
      const { demand, bid, receipts } = (await buyer.client.agreement(agreement!))!
      const { fuel } = receipts.at(-1)!.body.usage
      expect(fuel).toBeGreaterThan(1e6)
      expect(paid).toBe(amountDue(bid.body, demand.body, fuel))
    }
  })
})

describe('a program that ends badly', () => {
  it('has a result all the same when it traps: exit code 134, agreed on and paid', async () => {
    const outcome = await buyer.client.runJob(threeOf({ program: TRAP }))
    expect(outcome.result.exitCode).toBe(134)
    expect(new TextDecoder().decode(outcome.stdout)).toBe('before')
    expect(new TextDecoder().decode(outcome.stderr)).toMatch(/^trap: /)
    expect(outcome.paid).toBeGreaterThan(0n)
  })

  it('gets exactly the memory that was agreed, everywhere', async () => {
    const resources = { cpuMillis: 100, memoryBytes: 4 * MIB, diskBytes: MIB }
    const outcome = await buyer.client.runJob(threeOf({ program: TAKE_MEMORY, resources }))
    expect(outcome.result.exitCode).toBe((4 * MIB) / 65_536)
  })

  it.each([
    ['E_MEMORY', 'needs more memory than agreed to begin with', START_LARGE],
    ['E_OUTPUT_LIMIT', 'prints for ever', PRINT_FOREVER],
    ['E_DISK_LIMIT', 'fills its disk', FILL_DISK]
  ])('fails with %s where it %s, and nobody else is asked', async (code, _, program) => {
    const customer = await network.addBuyer()
    const error = (await rejectionOf(customer.client.runJob(threeOf({ program })))) as CodedError
    expect(error.code).toBe('E_PROGRAM_FAILED')
    expect(error.message).toContain(code)
    expect(error.facts.replicas).toHaveLength(3)
    expect(error.facts.paid).toBe(await spentBy(customer))
    await expectTicksOnly(customer, error)
  })

  it('is ended when it does not end by itself, and costs no more than its ticks', async () => {
    const before = await earned()
    const error = (await rejectionOf(buyer.client.runJob(threeOf({ program: LOOP_FOREVER, fuel: 3e9 })))) as CodedError
    // Two are enough to blame the program; the third may still have been running.
    const failures = (error.facts.replicas as { failure: string | null }[]).map(({ failure }) => failure ?? 'E_FUEL')
    expect(failures).toEqual(Array(3).fill('E_FUEL'))
    expect(error.code).toBe('E_PROGRAM_FAILED')
    expect(error.message).toContain('E_FUEL')
    await expectTicksOnly(buyer, error)
    const total = error.facts.paid as bigint
    expect(total).toBeGreaterThan(0n)
    await waitFor(async () => (await earned()) - before === total, {
      timeoutMs: 5000,
      what: 'providers to have what the buyer says it paid'
    })
    expect(executors.map(({ running }) => running)).toEqual([0, 0, 0, 0])
  })
})

describe('a long job', () => {
  it('pays each tick while it runs, and all of it once', async () => {
    const job = watchJob(buyer.client, jobOf({ program: countDown(3500) }))
    const [replica] = await job.until('a tick to be paid', ([one]) => one !== undefined && one.paid > 0n)
    expect(replica?.state).toBe('running')
    const outcome = await job.outcome
    const agreement = await expectPaidOnce(outcome)
    expect(agreement.receipts.length).toBeGreaterThan(1)
    const amounts = agreement.receipts.map(({ body }) => body.amount)
    expect(amounts).toEqual([...amounts].sort((a, b) => (a < b ? -1 : 1)))
  })

  it('is stopped within its credit when the buyer stops paying', async () => {
    const puppet = await createPuppetBuyer(network, 'somebody who never pays', 10n ** 18n)
    const [alice] = providers as [InnerProvider]
    const talk = await puppet.talkTo((await alice.node.status()).multiaddrs)
    const channel = await puppet.openChannel(alice.owner, 10n ** 18n)
    await talk.agree(LOOP_FOREVER, channel)
    // A busy machine takes its time to burn as much as is not paid for.
    const { failure } = await talk.next('failure', 60_000)
    expect(failure).toMatchObject({ code: 'E_UNPAID', fault: 'buyer' })
    // Work was shown for less than the credit of a tick, and nothing was done beyond it.
    const shown = talk.heard.flatMap(({ type, value }) => (type === 'receipt' ? [value.receipt.body.usage.fuel] : []))
    expect(shown.length).toBeGreaterThan(0)
    expect(Math.max(...shown)).toBeLessThan(TICK_SEC * FUEL_PER_SEC)
    await waitFor(() => executors.every(({ running }) => running === 0), {
      timeoutMs: 5000,
      what: 'the program to be stopped'
    })
  })
})

describe('a job that is called off', () => {
  const STAGES: [stage: string, reached: (job: ReturnType<typeof watchJob>) => Promise<unknown>][] = [
    ['at once', async () => {}],
    ['while offers are looked at', job => seen(job, 'prepared')],
    ['while it negotiates', job => seen(job, 'offers')],
    ['right after an agreement', job => job.until('an agreement', all => all.some(({ state }) => state === 'agreed'))],
    ['while it runs', job => job.until('all to run', all => all.length === 3 && all.every(isRunning))]
  ]

  it.each(STAGES)('%s ends promptly, stops its programs, and tells the money', async (_, reached) => {
    const before = await earned()
    // A new buyer: everything has to be done for the first time.
    const customer = await network.addBuyer()
    const job = watchJob(customer.client, threeOf({ program: LOOP_FOREVER }))
    const failure = rejectionOf(job.outcome)
    await reached(job)
    const abortedMs = performance.now()
    job.abort()
    const error = (await failure) as CodedError
    expect(performance.now() - abortedMs).toBeLessThan(3000)
    expect(error.code).toBe('E_CANCELLED')
    const spent = await spentBy(customer)
    expect(error.facts).toMatchObject({ paid: spent, money: expect.any(Array) })
    await waitFor(() => executors.every(({ running }) => running === 0), {
      timeoutMs: 5000,
      what: 'every program to be stopped'
    })
    await waitFor(
      async () =>
        (await Promise.all(providers.map(({ node }) => node.status()))).every(({ jobs }) => jobs.running === 0),
      {
        timeoutMs: 5000,
        what: 'every agreement to be over'
      }
    )
    expect((await earned()) - before).toBe(spent)
  })

  it('keeps its result when only the fetching is called off', async () => {
    const job = watchJob(buyer.client, threeOf({ program: TRAP }), {
      onProgress: ({ type }) => type === 'quorum' && job.abort()
    })
    const failure = rejectionOf(job.outcome)
    const error = (await failure) as CodedError
    expect(error.code).toBe('E_CANCELLED')
    const record = await buyer.client.job(error.facts.job as never)
    expect(record).toMatchObject({ state: 'succeeded', result: { exitCode: 134 } })
    const outcome = await buyer.client.resumeJob(record!.id)
    expect(new TextDecoder().decode(outcome.stdout)).toBe('before')
  })
})

const seen = (job: ReturnType<typeof watchJob>, type: string) =>
  waitFor(() => job.progress.some(event => event.type === type), { timeoutMs: 10_000, what: type })

async function earned(): Promise<bigint> {
  const statuses = await Promise.all(providers.map(({ node }) => node.status()))
  return statuses.reduce((sum, { earnings }) => sum + earnings.vouchered, 0n)
}

const spentBy = async ({ client }: TestBuyer): Promise<bigint> =>
  (await client.channels()).reduce((sum, { cumulative }) => sum + cumulative, 0n)

/** A job that failed cost what it says, and that was for time the program ran, not for results. */
async function expectTicksOnly({ client }: TestBuyer, { facts }: CodedError): Promise<void> {
  // A replica that was not agreed on yet when the others had failed cost nothing.
  const money = facts.money as { agreement: AgreementId | null; paid: bigint }[]
  for (const { agreement, paid } of money) {
    if (agreement === null) {
      expect(paid).toBe(0n)
      continue
    }
    const state = (await client.agreement(agreement))!
    expect(state.receipts.every(({ body }) => body.kind === RECEIPT_TICK)).toBe(true)
    expect(paid).toBe(state.paid)
    expect(paid).toBe(state.receipts[state.paidReceipts - 1]?.body.amount ?? 0n)
  }
  expect(facts.paid).toBe(money.reduce((sum, { paid }) => sum + paid, 0n))
}

/** The agreement of a job with one replica, paid in full. */
async function expectPaidOnce({ replicas }: JobOutcome) {
  const [replica] = replicas
  expect(replica).toMatchObject({ state: 'paid', failure: undefined })
  const agreement = (await buyer.client.agreement(replica!.agreement!))!
  expect(agreement.paidReceipts).toBe(agreement.receipts.length)
  expect(agreement.paid).toBe(agreement.receipts.at(-1)!.body.amount)
  expect(replica!.paid).toBe(agreement.paid)
  return agreement
}
