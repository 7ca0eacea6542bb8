import { recoverNative } from '@archipel/client/node'
import { createSigningDomain, type Payment, receiptType, verify } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBuyer } from '../fixtures/buyer.ts'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import { jobOf, threeOf, watchJob } from '../fixtures/jobs.ts'
import { printsInstead } from '../fixtures/liar.ts'
import { NOOP } from '../fixtures/programs.ts'
import { type Puppet, type PuppetInit, startPuppet } from '../fixtures/puppet-provider.ts'
import { rejectionOf } from '../fixtures/wait-for.ts'

let network: TestNetwork
beforeAll(async () => {
  network = await createTestNetwork()
  await network.addProvider({ name: 'alice' })
  await network.addProvider({ name: 'bob' })
})
afterAll(() => network?.stop())

describe('a provider that lies about results', () => {
  it('is outvoted and not paid, and what it signed is kept', async () => {
    const mallory = await network.addProvider({ name: 'mallory', executor: printsInstead('42') })
    const buyer = await network.addBuyer()
    const regions = ['alice', 'bob', 'mallory']
    const outcome = await buyer.client.runJob(threeOf({ program: NOOP, regions }))
    expect(new TextDecoder().decode(outcome.stdout)).toBe('')
    const states = Object.fromEntries(outcome.replicas.map(({ region, state, paid }) => [region, { state, paid }]))
    expect(states.mallory).toEqual({ state: 'rejected', paid: 0n })
    expect(states.alice?.state).toBe('paid')
    expect(states.bob?.state).toBe('paid')

    const replica = outcome.replicas.find(({ region }) => region === 'mallory')!
    const agreement = (await buyer.client.agreement(replica.agreement!))!
    expect(agreement.phase.code).toBe('rejected')
    // Evidence that stands by itself: this provider signed a result that two others contradict.
    const [evidence] = agreement.receipts
    expect(evidence?.body.result).not.toBe(outcome.digest)
    const { descriptor } = network
    verify(evidence!, mallory.address, {
      domain: createSigningDomain(descriptor.chainId, descriptor.escrow),
      recover: recoverNative,
      type: receiptType
    })
    expect((await mallory.node.status()).earnings.vouchered).toBe(0n)
  })

  it('leads to no result and no payment when no two say the same', async () => {
    const names = ['one', 'two', 'three']
    const liars = await Promise.all(
      names.map(name => network.addProvider({ name: `liar-${name}`, executor: printsInstead(name) }))
    )
    const buyer = await network.addBuyer()
    const regions = liars.map(({ region }) => region)
    const error = await rejectionOf(buyer.client.runJob(threeOf({ regions })))
    expect(error).toMatchObject({ code: 'E_QUORUM_IMPOSSIBLE', facts: { paid: 0n } })
    const channels = await buyer.client.channels()
    expect(channels.map(({ cumulative }) => cumulative)).toEqual([0n, 0n, 0n])
    for (const { node } of liars) expect((await node.status()).earnings.vouchered).toBe(0n)
  })
})

describe('a provider that breaks its word', () => {
  /** Its behaviour, and the code with which it is given up. */
  const CHEATS: [what: string, code: string, init: Omit<PuppetInit, 'name'>][] = [
    ['never answers', 'E_PROVIDER_SILENT', { onDemand: () => {} }],
    [
      'bids above its own offer',
      'E_BID_ABOVE_OFFER',
      { onDemand: (demand, { bid }) => bid(demand, { startup: 10n ** 15n, priceMax: 10n ** 15n }) }
    ],
    [
      'wants to be paid at another address',
      'E_BID_MISMATCH',
      { onDemand: (demand, { bid }) => bid(demand, { payee: `0x${'11'.repeat(20)}` }) }
    ],
    ['charges more than it bid', 'E_RECEIPT_ABOVE_BID', deliversWith({ amount: 10n ** 13n })],
    [
      'charges for time that has not passed',
      'E_RECEIPT_ABOVE_TIME',
      deliversWith({ usage: { runMs: 50_000, memoryBytes: 0, outputBytes: 0, fuel: 0 } })
    ],
    ['signs another result than it sends', 'E_RECEIPT_MISMATCH', deliversWith({ result: `0x${'22'.repeat(32)}` })],
    [
      'blames the program',
      'E_WALL_TIME',
      {
        onAgreement: (agreement, { fail }) =>
          fail(agreement, { code: 'E_WALL_TIME', fault: 'program', message: 'it ran too long' })
      }
    ],
    ['talks garbage', 'E_PROVIDER_LOST', { onAgreement: (_, { raw }) => raw(new Uint8Array(64).fill(0xff)) }],
    ['resets every stream', 'E_PROVIDER_LOST', { onAgreement: (_, { reset }) => reset() }]
  ]

  it.each(CHEATS)('is replaced by an honest one when it %s', async (what, code, init) => {
    const name = `cheat-${what.replaceAll(' ', '-')}`.slice(0, 40)
    const puppet = await startPuppet(network, { name, ...init })
    const buyer = await network.addBuyer({ lostAfterMs: 2000 })
    await untilSeen(puppet, buyer)
    const job = watchJob(buyer.client, jobOf({ replicas: 2, quorum: 2, regions: ['alice', 'bob', name] }))
    const outcome = await job.outcome
    const given = outcome.replicas.find(({ provider }) => provider === puppet.address)
    expect(given).toMatchObject({ state: 'failed', paid: 0n, failure: { code } })
    expect(
      outcome.replicas
        .filter(({ state }) => state === 'paid')
        .map(({ region }) => region)
        .sort()
    ).toEqual(['alice', 'bob'])
    const channels = await buyer.client.channels()
    expect(channels.filter(({ cumulative }) => cumulative > 0n)).toHaveLength(2)
    // However it behaves, we do not run after it.
    expect(puppet.streams).toBeLessThanOrEqual(12)
    await puppet.stop()
  })

  it('is not sent the same payment for ever when it says that it misses some', async () => {
    const buyer = await network.addBuyer()
    const { result } = await buyer.client.runJob(jobOf({ regions: ['alice'] }))
    const puppet = await startPuppet(network, {
      name: 'forgetful',
      onAgreement: (agreement, { deliver }) => deliver(agreement, result, 0),
      onMessage: async (message, { tell }) => {
        if (message.type !== 'payment') return
        const failure = { code: 'E_PAYMENT_GAP', fault: 'buyer', message: 'there was one before' }
        await tell({ type: 'refusal', value: { regarding: message.value.voucher.body.channel, failure } })
      }
    })
    await untilSeen(puppet, buyer)
    const payments = () => puppet.heard.filter(({ type }) => type === 'payment')
    // Its result is right, though it keeps it for itself: the other one who has it gives it.
    const outcome = await buyer.client.runJob(jobOf({ replicas: 2, quorum: 2, regions: ['alice', 'forgetful'] }))
    expect(outcome.replicas.map(({ state }) => state)).toEqual(['paid', 'paid'])
    expect(payments().length).toBeGreaterThan(1)
    // Another round trip, and still no more.
    await buyer.client.runJob(jobOf({ regions: ['alice'] }))
    expect(payments().length).toBeLessThanOrEqual(5)
    const amounts = new Set(payments().map(({ value }) => (value as Payment).voucher.body.cumulative))
    expect(amounts).toEqual(new Set([outcome.replicas.find(({ region }) => region === 'forgetful')?.paid]))
  })

  it('fails a job of one replica at once, and tells the cost, when it keeps the output to itself', async () => {
    const hidden = Uint8Array.from([1, 0x55, 0x12, 32, ...new Uint8Array(32).fill(7)])
    const buyer = await network.addBuyer()
    const puppet = await startPuppet(network, {
      name: 'miser',
      onAgreement: (agreement, { deliver }) => deliver(agreement, { exitCode: 0, stdout: hidden, output: hidden }, 0)
    })
    await untilSeen(puppet, buyer)
    const startedMs = performance.now()
    const error = await rejectionOf(buyer.client.runJob(jobOf({ regions: ['miser'] })))
    expect(performance.now() - startedMs).toBeLessThan(20_000)
    expect(error).toMatchObject({
      code: 'E_BLOCK_FETCH_FAILED',
      facts: { money: [{ provider: puppet.address, state: 'paid' }] }
    })
  })
})

async function untilSeen(puppet: Puppet, buyer: TestBuyer): Promise<void> {
  const isSeen = async () => (await buyer.client.offers()).some(({ offer }) => offer.body.provider === puppet.address)
  await puppet.publishUntil(isSeen)
}

function deliversWith(change: object): Omit<PuppetInit, 'name'> {
  const result = { exitCode: 0, stdout: new Uint8Array(36), output: new Uint8Array(36) }
  return { onAgreement: (agreement, { deliver }) => deliver(agreement, result, 0, change) }
}
