import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createCourt, mintTestTokens } from '@archipel/client'
import { COURT_RULES, type Hash, toHex } from '@archipel/protocol'
import { DEFAULT_PROVIDERS } from 'archipel'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { devnetFolder } from '../../packages/node/src/devnet/state.ts'
import { FAUCET, type TestBuyer } from '../fixtures/buyer.ts'
import type { Orders } from '../fixtures/buyer-process.ts'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import { jobOf } from '../fixtures/jobs.ts'
import { waitFor } from '../fixtures/wait-for.ts'

const SCRIPT = fileURLToPath(new URL('../fixtures/buyer-process.ts', import.meta.url))
const COMMAND = fileURLToPath(new URL('../../packages/node/bin/archipel.js', import.meta.url))
const WHOLE = 10n ** 18n
const STAKE = 6n * WHOLE
const GRACE_SEC = 12 * 3_600
/** A node looks at its cases every twelve seconds, on a machine that may be busy. */
const LOOK_TIMEOUT_MS = 90_000
const run = promisify(execFile)

const [PLAN] = DEFAULT_PROVIDERS
let network: TestNetwork
let buyer: TestBuyer
beforeAll(async () => {
  // The job is about less than a cent; what a court would cost for that, a devnet gives away.
  const disputes = { min: '0.000000000001', maxStake: '20', maxFee: '1' }
  network = await createTestNetwork({ providers: [{ ...PLAN!, name: 'operator', disputes }] })
  buyer = await network.addBuyer({ start: false })
  await buyer.stop()
})
afterAll(() => network?.stop())

const pass = async (sec: number) => {
  await network.rpc('evm_increaseTime', [sec])
  await network.rpc('evm_mine')
}

/** `archipel` as the operator types it. */
async function operator(...args: string[]) {
  const { root } = devnetFolder(network.devnet.status().dir).provider('operator')
  const { stdout } = await run(process.execPath, [COMMAND, ...args, '--json', '--data-dir', root], { timeout: 60_000 })
  return JSON.parse(stdout)
}

/** The buyer has its result, agrees that it is right, and is gone for ever before it pays. */
async function buyAndDie(): Promise<Hash> {
  // It is taken up again at the end.
  const { program: _, priceMax: __, ...spec } = jobOf({ deadline: Math.floor(Date.now() / 1000) + 3_600 })
  const orders: Orders = {
    descriptor: buyer.descriptor,
    privateKey: toHex(buyer.privateKey),
    dataDir: buyer.dataDir,
    spec,
    millions: 10,
    dieAt: 'quorum'
  }
  const end = await run(process.execPath, [SCRIPT, JSON.stringify(orders)], { timeout: 60_000 }).catch(err => err)
  expect(end).toMatchObject({ signal: 'SIGKILL' })
  return end.stdout
}

it('is taken to court by the node that worked for it, which tells what it did and what that cost', {
  timeout: 10 * 60_000
}, async () => {
  const { descriptor, chain } = network
  const { address, owner } = network.provider('operator')
  const job = await buyAndDie()
  expect((await operator('node', 'status')).disputes).toMatchObject({ open: 0 })

  // Nobody hears of the buyer for half a day. The node has no tokens to stake, and says so.
  await pass(GRACE_SEC + 60)
  const waiting = await waitFor(async () => (await operator('dispute', 'ls')).cases[0], {
    timeoutMs: LOOK_TIMEOUT_MS,
    what: 'the node to want to go to court'
  })
  await waitFor(
    async () => {
      const [{ next, phase }] = (await operator('dispute', 'ls')).cases
      return phase === 'opening' && next?.what === 'stake' && next.missing === String(STAKE)
    },
    { timeoutMs: LOOK_TIMEOUT_MS, what: 'the node to say what it needs' }
  )
  await mintTestTokens({ ...descriptor, signer: FAUCET, to: address, amount: STAKE })

  const id: Hash = waiting.id
  const { court, bonds } = descriptor
  const door = createCourt({ ...descriptor, court: court!, bonds: bonds! })
  await waitFor(async () => (await door.readCase(id, { fromBlock: 0 })) !== undefined, {
    timeoutMs: LOOK_TIMEOUT_MS,
    what: 'the claim to be filed'
  })
  const claimed = await waitFor(
    async () => {
      const [found] = (await operator('dispute', 'ls')).cases
      return found.phase === 'open' ? found : undefined
    },
    { timeoutMs: LOOK_TIMEOUT_MS, what: 'the claim to be open' }
  )
  expect(claimed).toMatchObject({
    kind: 'claim',
    role: 'provider',
    side: 'plaintiff',
    counterparty: buyer.address,
    next: { type: 'wait', what: 'contest' }
  })
  expect((await operator('node', 'earnings')).inCourt).toEqual({ cases: 1, amount: claimed.amount })

  const before = await chain.escrowBalance(owner)
  await pass(COURT_RULES.openSec + 60)
  await waitFor(async () => (await chain.escrowBalance(owner)) > before, {
    timeoutMs: LOOK_TIMEOUT_MS,
    what: 'the money to arrive at the operator'
  })
  expect(String((await chain.escrowBalance(owner)) - before)).toBe(claimed.amount)

  const told = await waitFor(
    async () => {
      const shown = await operator('dispute', 'show', id.slice(0, 10))
      return shown.case.phase === 'upheld' ? shown : undefined
    },
    { timeoutMs: LOOK_TIMEOUT_MS, what: 'the node to tell of the end' }
  )
  expect(told.case.end).toMatchObject({ outcome: 'upheld', awarded: claimed.amount })
  expect(told.case.steps.map(({ action }: { action: string }) => action)).toEqual(['deposit', 'claim', 'finalise'])
  expect(told.timeline.map(({ event }: { event: string }) => event)).toEqual(['CaseOpened', 'CaseClosed'])
  expect(told.timeline.every(({ feeWei }: { feeWei: string | null }) => BigInt(feeWei ?? 0) > 0n)).toBe(true)
  expect(told.case.evidence).toMatchObject({ receipts: 1, paidReceipts: 0, hasSecret: true })
  expect(told.case.evidence.dataChunks).toBeGreaterThan(0)
  expect(told.ifNobodyActs).toBeNull()
  // The stake is back in the court, for the next one.
  expect(await door.balanceOf(address)).toBe(STAKE)
  const status = await operator('node', 'status')
  expect(status.disputes).toMatchObject({ open: 0, won: claimed.amount })

  // The buyer comes back after all: it gets its result, hears of the case, and does not pay once more.
  const client = await buyer.restart()
  const { replicas, stdout } = await client.resumeJob(job)
  expect(new TextDecoder().decode(stdout)).toBe('done')
  expect(replicas.map(({ paid }) => paid)).toEqual([0n])
  const [known] = await client.disputes()
  expect(known).toMatchObject({ id, kind: 'claim', side: 'defendant', end: { outcome: 'upheld' } })
  expect((await operator('node', 'status')).earnings.vouchered).toBe('0')
})
