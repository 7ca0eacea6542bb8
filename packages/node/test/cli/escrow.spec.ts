import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Chain, createBuyerRecords, createChain, createStore, mintTestTokens } from '@archipel/client'
import { createNativeSigner } from '@archipel/client/node'
import {
  type Address,
  type ChannelKey,
  channelId,
  createBuyerChannel,
  encodeMeta,
  ZERO_ADDRESS
} from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { devSigner } from '../../../client/test/chain/anvil.ts'
import { type Market, startMarket } from '../../../client/test/chain/fixture.ts'
import { openOwnBooks } from '../../src/books/open-books.ts'
import { reconciledLines } from '../../src/cli/escrow/words.ts'
import { networkFolder } from '../../src/config/folders.ts'
import { createDevnetKey } from '../../src/devnet/keys.ts'
import { networkRoot } from './fixtures.ts'
import { runCli, temporaryFolder } from './run-cli.ts'

const WHOLE = 10n ** 18n
const CLOSE_DELAY_SEC = 3600
const PROVIDER: Address = `0x${'ab'.repeat(20)}`

let market: Market
beforeAll(async () => {
  market = await startMarket()
})
afterAll(() => market.anvil.stop())

interface Buyer {
  readonly home: string
  readonly address: Address
  readonly chain: Chain
  json(...args: string[]): Promise<Record<string, never>>
}

/** A buyer with 10 tokens in its wallet and 5 in the escrow. */
async function createBuyer(): Promise<Buyer> {
  const home = temporaryFolder()
  const { address, privateKey } = await createDevnetKey(join(networkRoot(home), 'keystore'), 'default')
  const { escrow, token } = market.alice
  const place = { rpcUrls: [market.anvil.url], chainId: market.anvil.chainId }
  const file = join(networkRoot(home), 'network.json')
  mkdirSync(dirname(file), { recursive: true })
  const network = { name: 'devnet', ...place, escrow, token, deployedAt: 0, bootstrap: [], allowPrivateAddresses: true }
  writeFileSync(file, JSON.stringify(network))
  await market.anvil.request('anvil_setBalance', [address, `0x${(100n * WHOLE).toString(16)}`])
  await mintTestTokens({ ...place, signer: devSigner(0), token, to: address, amount: 15n * WHOLE })
  const chain = createChain({ ...place, escrow, token, signer: createNativeSigner(privateKey) })
  await chain.deposit(5n * WHOLE)
  return {
    home,
    address,
    chain,
    async json(...args) {
      const { exitCode, stdout, stderr } = await runCli(['escrow', ...args, '--json'], { home })
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
      return JSON.parse(stdout)
    }
  }
}

/** Opens a channel, with a record of it as the client keeps it unless it is to be lost. */
async function open(
  { home, address, chain }: Buyer,
  salt: bigint,
  { record = true, arbiter = ZERO_ADDRESS } = {}
): Promise<ChannelKey> {
  const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: CLOSE_DELAY_SEC, salt })
  const payee = market.bob.address!
  const key: ChannelKey = { payer: address, payee, token: chain.token, arbiter, meta }
  if (record) {
    const store = await createStore({ location: join(networkRoot(home), 'buyer/store') })
    const records = createBuyerRecords(store)
    const channel = { ...createBuyerChannel(channelId(key), key, WHOLE), cumulative: WHOLE / 4n, provider: PROVIDER }
    await store.commit([records.channels.put(channel.id, channel)])
    await store.close()
  }
  await chain.openChannel(key, WHOLE)
  return key
}

describe('escrow withdraw', { timeout: 60_000 }, () => {
  test('brings back a part, then all, to the wallet or elsewhere', async () => {
    const { json, address, chain, home } = await createBuyer()
    expect(await json('withdraw', '1.5', '--dry-run')).toMatchObject({ dryRun: true, transaction: null, to: address })
    expect(await chain.escrowBalance(address)).toBe(5n * WHOLE)
    expect(await json('withdraw', '1.5')).toMatchObject({
      schemaVersion: 1,
      address,
      to: address,
      withdrawn: `15${'0'.repeat(17)}`,
      balance: `35${'0'.repeat(17)}`,
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/)
    })
    const other: Address = `0x${'0a'.repeat(20)}`
    const told = await runCli(['escrow', 'withdraw', '--all', '--to', other], { home })
    expect(told.stdout).toMatch(/^withdrawn +3\.5 tUSD\nto +0x(0a){20}\nbalance left +0 tUSD\ntransaction +0x/)
    expect(await chain.tokenBalance(other)).toBe(35n * 10n ** 17n)
    expect(await chain.tokenBalance(address)).toBe(115n * 10n ** 17n)
    const nothing = await runCli(['escrow', 'withdraw', '--all'], { home })
    expect(nothing).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/^error\[E_NO_FUNDS\]: nothing is free.*\nhint: .*escrow close --all/)
    })
  })

  test.for([
    [['withdraw'], /how much\?/],
    [['withdraw', '1', '--all'], /contradict/],
    [['close'], /which channel\?/],
    [['close', '0x1a', '--all'], /contradict/],
    [['close', 'mine'], /"mine" is not a channel/]
  ] as const)('needs to be told what: %j', async ([args, message]) => {
    const result = await runCli(['escrow', ...args], { home: temporaryFolder() })
    expect(result).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(/^error\[E_USAGE\]/) })
    expect(result.stderr).toMatch(message)
  })

  test('refuses what is no address, and more than there is', async () => {
    const { home } = await createBuyer()
    const bad = await runCli(['escrow', 'withdraw', '1', '--to', '0x12'], { home })
    expect(bad).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/--to: "0x12" is not an address/) })
    const tooMuch = await runCli(['escrow', 'withdraw', '5.1'], { home })
    expect(tooMuch).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(/E_NO_FUNDS.*only 5 tUSD are free/) })
  })
})

describe('escrow deposit', { timeout: 60_000 }, () => {
  test('shows first what it would do', async () => {
    const { json, home, chain, address } = await createBuyer()
    expect(await json('deposit', '2', '--dry-run')).toMatchObject({ credited: `2${'0'.repeat(18)}`, transaction: null })
    const tooMuch = await runCli(['escrow', 'deposit', '11', '--dry-run'], { home })
    expect(tooMuch.stderr).toMatch(/the wallet has 10 tUSD: that is not enough/)
    expect(await chain.escrowBalance(address)).toBe(5n * WHOLE)
  })
})

test('what the client did by itself is told in a line each', () => {
  const id = `0x${'1a'.repeat(32)}` as const
  const lines = reconciledLines({
    found: [id as never],
    left: [{ id: id as never, provider: `0x${'b0'.repeat(20)}`, lostAt: 1_800_000_000 }],
    requested: [{ id: id as never, closeAt: 1_800_000_000, transaction: '0x' }],
    closed: [{ id: id as never, refunded: WHOLE / 2n, transaction: '0x' }]
  })
  expect(lines).toEqual([
    'Found 1 channel of yours without records here: archipel escrow status',
    `Provider 0x${'b0'.repeat(20)} went silent in the middle of work at 2027-01-15T08:00:00Z, nothing is owed to it: channel 0x1a1a1a1a is asked back`,
    'Requested the close of channel 0x1a1a1a1a: due 2027-01-15T08:00:00Z',
    'Closed channel 0x1a1a1a1a: 0.5 tokens are back in the balance'
  ])
  expect(reconciledLines({ found: [], left: [], requested: [], closed: [] })).toEqual([])
})

describe('escrow status and close', { timeout: 60_000 }, () => {
  test('show where the money is and bring it back, with or without records, over several processes', async () => {
    const buyer = await createBuyer()
    const { json, home, chain, address } = buyer
    const [known, lost] = [await open(buyer, 1n), await open(buyer, 2n, { record: false })]
    const [first, second] = [channelId(known), channelId(lost)]
    const status = await json('status')
    expect(status).toMatchObject({
      balance: `3${'0'.repeat(18)}`,
      spending: { spent: '0', limits: {}, freesAt: null }
    })
    expect(status.channels).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          id: first,
          provider: PROVIDER,
          deposit: String(WHOLE),
          vouchered: String(WHOLE / 4n),
          free: String((3n * WHOLE) / 4n),
          state: 'open'
        }),
        expect.objectContaining({ id: second, deposit: String(WHOLE), state: 'open' })
      ])
    )

    const plan = await json('close', '--all', '--dry-run')
    expect(plan.channels).toMatchObject([{ left: String(WHOLE) }, { left: String(WHOLE) }])
    expect((await chain.channelState(first)).closeAt).toBe(0)

    const one = await runCli(['escrow', 'close', first.slice(0, 12)], { home })
    expect(one).toMatchObject({ exitCode: 0 })
    expect(one.stdout).toMatch(/closing until \d{4}-/)
    expect(one.stderr).toMatch(/Providers have until then to redeem\. From \S+Z on: archipel escrow close --all/)
    expect((await chain.channelState(first)).closeAt).toBeGreaterThan(0)

    // Again is harmless; the other joins it.
    const all = await json('close', '--all')
    expect(all.channels).toMatchObject([
      { refunded: null, state: expect.stringMatching(/^closing/) },
      { refunded: null, state: expect.stringMatching(/^closing/) }
    ])
    await market.anvil.request('evm_increaseTime', [CLOSE_DELAY_SEC])
    await market.anvil.request('evm_mine')
    const done = await json('close', '--all', '--wait')
    expect(done.channels).toMatchObject([
      { refunded: String(WHOLE), state: 'closed', error: null },
      { refunded: String(WHOLE), state: 'closed', error: null }
    ])
    expect(await chain.escrowBalance(address)).toBe(5n * WHOLE)
    const after = await runCli(['escrow', 'close', '--all'], { home })
    expect(after).toMatchObject({ exitCode: 0, stdout: 'No channel holds anything.\n' })
    const none = await runCli(['escrow', 'close', '0x00'], { home })
    expect(none).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/^error\[E_NO_SUCH_CHANNEL\]/) })
  })

  test('tell of a channel that is held, and close the others', async () => {
    const buyer = await createBuyer()
    const { json, chain } = buyer
    const arbiter = devSigner(3).address
    const [held, free] = [await open(buyer, 1n, { arbiter }), await open(buyer, 2n)]
    await json('close', '--all')
    const nowSec = await market.nowSec()
    await market.hold(held, arbiter, nowSec + 2 * CLOSE_DELAY_SEC)
    await market.anvil.request('evm_increaseTime', [CLOSE_DELAY_SEC])
    await market.anvil.request('evm_mine')
    const done = await json('close', '--all')
    expect(done.channels).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: channelId(free), refunded: String(WHOLE), state: 'closed', error: null }),
        expect.objectContaining({
          id: channelId(held),
          refunded: null,
          heldUntil: nowSec + 2 * CLOSE_DELAY_SEC,
          state: expect.stringMatching(/^in dispute until \d{4}-\S+ at most$/),
          error: null
        })
      ])
    )
    expect((await json('status')).channels).toContainEqual(
      expect.objectContaining({ id: channelId(held), arbiter, state: expect.stringMatching(/^in dispute/) })
    )
    await market.anvil.request('evm_increaseTime', [CLOSE_DELAY_SEC])
    await market.anvil.request('evm_mine')
    await json('close', '--all')
    expect(await chain.escrowBalance(buyer.address)).toBe(5n * WHOLE)
  })

  test('status asks the process that works with the books', async () => {
    const buyer = await createBuyer()
    await open(buyer, 1n)
    const signal = new AbortController().signal
    const own = await openOwnBooks({ folder: networkFolder(networkRoot(buyer.home)), signal, onWait: () => {} })
    try {
      const { channels } = await buyer.json('status')
      expect(channels).toMatchObject([{ vouchered: String(WHOLE / 4n) }])
      const waiting = await runCli(['escrow', 'close', '--all'], {
        home: buyer.home,
        during: child => void child.stderr.once('data', () => child.kill('SIGINT'))
      })
      expect(waiting).toMatchObject({ exitCode: 130, stdout: '' })
      expect(waiting.stderr).toMatch(new RegExp(`^Waiting: process ${process.pid} works with this wallet's channels`))
    } finally {
      await own.release()
    }
  })

  test('status says what the chain knows when a stranger has the books open', async () => {
    const buyer = await createBuyer()
    await open(buyer, 1n)
    const store = await createStore({ location: join(networkRoot(buyer.home), 'buyer/store') })
    try {
      const { exitCode, stdout, stderr } = await runCli(['escrow', 'status', '--json'], { home: buyer.home })
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/has the books open/) })
      const status = JSON.parse(stdout)
      expect(status).toMatchObject({ spending: null, channels: [{ deposit: String(WHOLE), state: 'open' }] })
      expect(status.channels[0].vouchered).toBeUndefined()
    } finally {
      await store.close()
    }
  })

  test('say how a limit stands', async () => {
    const { home } = await createBuyer()
    const env = { ARCHIPEL_LIMIT_DAY: '2.5' }
    const { stdout } = await runCli(['escrow', 'status'], { home, env })
    expect(stdout).toMatch(/^spent +0 tUSD of 2\.5 tUSD allowed in 24 hours$/m)
  })
})
