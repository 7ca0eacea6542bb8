import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { balanceOf, stateOf } from '@archipel/client'
import { faultOf, type Result } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bondsOf, putBond } from '../fixtures/bonded.ts'
import type { TestBuyer } from '../fixtures/buyer.ts'
import { createCliBuyer } from '../fixtures/cli-buyer.ts'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import type { InnerProvider } from '../fixtures/inner-provider.ts'
import { jobOf } from '../fixtures/jobs.ts'
import { keyOf } from '../fixtures/keys.ts'
import { NOOP } from '../fixtures/programs.ts'
import { type Puppet, startPuppet } from '../fixtures/puppet-provider.ts'
import { waitFor } from '../fixtures/wait-for.ts'

const WHOLE = 10n ** 18n
const BOND = 2000n * WHOLE
/** Longer than anybody waits before it reports what others have heard of, too. */
const REPORT_TIMEOUT_MS = 90_000

let network: TestNetwork
let alice: InnerProvider
let bob: InnerProvider
beforeAll(async () => {
  network = await createTestNetwork()
  alice = await network.addProvider({ name: 'alice' })
  bob = await network.addProvider({ name: 'bob' })
})
afterAll(() => network?.stop())

/** What a program that does nothing comes to; alice says it, and has it. */
function honestResult({ client }: TestBuyer): Promise<Result> {
  const attempt = () =>
    client.runJob(jobOf({ regions: ['alice'] })).then(
      ({ result }) => result,
      () => undefined
    )
  return waitFor(attempt, { timeoutMs: 60_000, what: 'an honest result' })
}

/** Delivers, signs the same number again with another amount, and acknowledges what it is paid. */
function signsTwoTruths(name: string, result: Result): Promise<Puppet> {
  return startPuppet(network, {
    name,
    async onAgreement(agreement, { deliver, contradict }) {
      await deliver(agreement, result, 0)
      await contradict(agreement, result, 0, { amount: 1n })
      // Once found out, it may say what it likes.
      await contradict(agreement, result, 0, { amount: 2n })
    },
    async onMessage(message, { tell }) {
      if (message.type !== 'payment') return
      const { fromSize, pays, voucher } = message.value
      const { channel, cumulative } = voucher.body
      await tell({ type: 'acknowledgement', value: { channel, cumulative, size: fromSize + pays.length } })
    }
  })
}

const bondOf = (puppet: Puppet) => putBond(network, puppet.owner.signer, keyOf(`puppet ${puppet.region}`).signer, BOND)

const isKnownTo = async ({ client }: TestBuyer, { address }: Puppet) =>
  (await client.offers()).some(({ offer }) => offer.body.provider === address)

describe('a provider that contradicts itself', () => {
  it('by two receipts is reported by its buyer alone, who is compensated first, and is told what it brought', async () => {
    const buyer = await network.addBuyer()
    const result = await honestResult(buyer)
    const mallory = await signsTwoTruths('two-receipts', result)
    const bonds = await bondOf(mallory)
    await mallory.publishUntil(() => isKnownTo(buyer, mallory))
    const outcome = await buyer.client.runJob(jobOf({ regions: ['two-receipts'] }))
    const fault = await waitFor(
      async () => (await buyer.client.faults()).find(one => stateOf(one, buyer.address) === 'compensated'),
      { timeoutMs: REPORT_TIMEOUT_MS, what: 'the fault to be reported' }
    )
    expect(await buyer.client.faults()).toHaveLength(1)
    const agreement = (await buyer.client.agreement(outcome.replicas[0]!.agreement!))!
    const { compensation, reward, feeWei } = balanceOf(fault, buyer.address)
    expect(compensation).toBe(agreement.bid.body.priceMax)
    expect(reward).toBe(BOND / 100n)
    expect(feeWei).toBeGreaterThan(0n)
    expect(fault.slashes).toHaveLength(1)
    expect(await bonds.faultOf(faultOf(fault.proof))).toEqual({ punished: true, compensated: compensation })

    const own = bondsOf(network.descriptor, buyer.signer)
    expect((await own.collect()).paid).toBe(compensation + reward)
    // A restart finds what was done, and does it no second time.
    const client = await buyer.restart()
    expect(await client.reportFaults()).toEqual([fault])
    expect(await own.claimable(buyer.address)).toBe(0n)
    await mallory.stop()
  })

  it('is told of at the end of a run, with what it brought', async () => {
    const buyer = await network.addBuyer()
    const result = await honestResult(buyer)
    const mallory = await signsTwoTruths('two-truths', result)
    await bondOf(mallory)
    await mallory.publishUntil(() => isKnownTo(buyer, mallory))
    const cli = await createCliBuyer(network, 'cli-buyer')
    const program = join(cli.dataDir, 'noop.wasm')
    await writeFile(program, NOOP)
    const small = ['--replicas', '2', '--quorum', '2', '--memory', '16MiB', '--disk', '1MiB', '--cpu', '0.1']
    const where = ['--region', 'alice', '--region', 'two-truths', '--spread', 'region']
    const run = await cli.run('run', '--wasm', program, '--max-price', '0.1', ...small, ...where, '--json')
    expect(run, run.stderr).toMatchObject({ exitCode: 0 })
    const { faults } = JSON.parse(run.stdout) as { faults: Record<string, unknown>[] }
    expect(faults).toMatchObject([
      { provider: mallory.address, statements: 'receipts', state: 'compensated', owed: '0' }
    ])
    expect(run.stderr).toContain(
      `Provider ${mallory.address.slice(0, 10)}… signed two receipts with one number: compensated; 20`
    )
    const listed = JSON.parse((await cli.run('bond', 'faults', '--json')).stdout) as { faults: object[] }
    expect(listed.faults).toEqual(faults.map(fault => ({ by: 'buyer', ...fault })))
    await mallory.stop()
  })

  it('by two offers is reported by whoever hears both, once', async () => {
    const buyer = await network.addBuyer()
    const mallory = await startPuppet(network, { name: 'two-offers' })
    const bonds = await bondOf(mallory)
    const known = () => Promise.all([alice, bob].map(async ({ node }) => (await node.status()).offersKnown))
    const before = await known()
    await mallory.publishUntil(async () => {
      const isKnown = (await known()).every((count, i) => count > before[i]!)
      return isKnown && isKnownTo(buyer, mallory)
    })
    const sequence = Math.floor(Date.now() / 1000) + 1000
    const faultsOf = async () => {
      const [ofAlice, ofBob, ofBuyer] = await Promise.all([
        alice.node.faults(),
        bob.node.faults(),
        buyer.client.faults()
      ])
      return [
        ...ofAlice.map(fault => ({ fault, state: stateOf(fault, alice.address) })),
        ...ofBob.map(fault => ({ fault, state: stateOf(fault, bob.address) })),
        ...ofBuyer.map(fault => ({ fault, state: stateOf(fault, buyer.address) }))
      ].filter(({ fault }) => fault.proof.kind === 'offers' && fault.proof.first.body.provider === mallory.address)
    }
    // One version for some and another for others: gossip brings both together.
    await mallory.publish({ sequence, version: 'for some' })
    await mallory.publishUntil(
      async () => (await faultsOf()).length === 3,
      () => ({ sequence, version: 'for others' })
    )
    const done = await waitFor(
      async () => {
        const all = await faultsOf()
        return all.every(({ state }) => state === 'reported' || state === 'punished') ? all : undefined
      },
      {
        timeoutMs: REPORT_TIMEOUT_MS + 30_000,
        what: () => 'all of them to know that it was punished'
      }
    )
    const fault = faultOf(done[0]!.fault.proof)
    expect(done.map(one => one.fault.id)).toEqual([fault, fault, fault])
    expect(done.map(({ state }) => state).filter(state => state === 'reported')).toEqual(['reported'])
    expect(await bonds.faultOf(fault)).toMatchObject({ punished: true })
    expect((await bonds.bondOf(mallory.owner.signer.address)).amount).toBe((BOND * 9n) / 10n)
    expect([...alice.complaints, ...bob.complaints].filter(line => /contradict|fault/.test(line))).toEqual([])
    await mallory.stop()
  })
})
