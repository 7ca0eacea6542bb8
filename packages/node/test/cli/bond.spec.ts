import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Bonds, createBonds, type Deployment, deployContracts, mintTestTokens } from '@archipel/client'
import { createNativeSigner } from '@archipel/client/node'
import { type Address, createSigningDomain, type Offer, offerType, sign } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Anvil, devSigner, startAnvil } from '../../../client/test/chain/anvil.ts'
import { planReductions } from '../../src/cli/bonds.ts'
import { createDevnetKey } from '../../src/devnet/keys.ts'
import type { KeyPair } from '../../src/wallet/keystore.ts'
import { networkRoot, writePassword } from './fixtures.ts'
import { runCli, temporaryFolder } from './run-cli.ts'

const WHOLE = 10n ** 18n
/** Many runs of the command, each a process of its own. */
const TIMEOUT_MS = 90_000
const DELAY_SEC = 30 * 86_400
const ARBITER: Address = `0x${'a7'.repeat(20)}`

let anvil: Anvil
let deployment: Deployment
let place: { rpcUrls: string[]; chainId: number }
beforeAll(async () => {
  anvil = await startAnvil()
  place = { rpcUrls: [anvil.url], chainId: anvil.chainId }
  deployment = await deployContracts({ ...place, signer: devSigner(0) })
})
afterAll(() => anvil.stop())

interface Operator {
  readonly home: string
  readonly owner: KeyPair
  readonly node: KeyPair
  /** The owner's view of Bonds, for what the command line does not do. */
  readonly bonds: Bonds
  cli(...args: string[]): ReturnType<typeof runCli>
  json(...args: string[]): Promise<Record<string, unknown>>
}

/** An operator with a node on this computer, and 100 tokens in its wallet. */
async function createOperator({ tokens = 100n * WHOLE, withBonds = true } = {}): Promise<Operator> {
  const home = temporaryFolder()
  const keystore = join(networkRoot(home), 'keystore')
  const [owner, node] = [await createDevnetKey(keystore, 'default'), await createDevnetKey(keystore, 'node')]
  const { bonds, ...rest } = deployment
  const network = { name: 'devnet', ...place, ...rest, bootstrap: [], allowPrivateAddresses: true }
  const file = join(networkRoot(home), 'network.json')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(withBonds ? { ...network, bonds } : network))
  await anvil.request('anvil_setBalance', [owner.address, `0x${(100n * WHOLE).toString(16)}`])
  const { token } = deployment
  await mintTestTokens({ ...place, signer: devSigner(0), token, to: owner.address, amount: tokens })
  const cli = (...args: string[]) => runCli(['bond', ...args], { home })
  return {
    home,
    owner,
    node,
    bonds: createBonds({ ...place, ...deployment, signer: createNativeSigner(owner.privateKey) }),
    cli,
    async json(...args) {
      const { exitCode, stdout, stderr } = await cli(...args, '--json')
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
      return JSON.parse(stdout)
    }
  }
}

async function wait(seconds: number): Promise<void> {
  await anvil.request('evm_increaseTime', [seconds])
  await anvil.request('evm_mine')
}

describe('bond', { timeout: TIMEOUT_MS }, () => {
  test('is added to by the owner, who answers for the node of this computer from then on', async () => {
    const { owner, node, json, cli, bonds } = await createOperator()
    expect(await json('add', '12.5', '--dry-run')).toMatchObject({
      dryRun: true,
      added: `125${'0'.repeat(17)}`,
      registered: true,
      transaction: null
    })
    expect(await bonds.ownerOf(node.address)).toBeUndefined()

    const first = await json('add', '12.5')
    expect(first).toMatchObject({
      schemaVersion: 1,
      owner: owner.address,
      node: node.address,
      registered: true,
      amount: `125${'0'.repeat(17)}`,
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/)
    })
    expect(await bonds.ownerOf(node.address)).toBe(owner.address)
    expect(await json('add', '0.5')).toMatchObject({ registered: false, amount: `13${'0'.repeat(18)}` })

    expect(await json('status')).toEqual({
      schemaVersion: 1,
      owner: owner.address,
      bonds: deployment.bonds,
      token: { address: deployment.token, symbol: 'tUSD' },
      amount: `13${'0'.repeat(18)}`,
      exposed: '0',
      exiting: '0',
      exitAt: 0,
      claimable: '0',
      exposures: [],
      keys: [node.address]
    })
    const { stdout } = await cli('status')
    expect(stdout).toMatch(
      /^owner +0x.*\nbond +13 tUSD\nexposed +0 tUSD\nleaving +nothing\nclaimable +0 tUSD\nnode +0x/
    )
    const elsewhere = networkRoot((await createOperator()).home)
    const stranger = await runCli(['bond', 'status', owner.address, '--json', '--data-dir', elsewhere])
    expect(JSON.parse(stranger.stdout)).toMatchObject({ owner: owner.address, amount: `13${'0'.repeat(18)}` })
  })

  test('opens the key of the node by its own password, not by that of the wallet', async () => {
    const { home, node, json, cli, bonds, owner } = await createOperator()
    const passwordFile = join(networkRoot(home), 'keystore/default.password')
    writePassword(home, 'of neither')
    expect((await cli('add', '1', '--password-file', join(home, 'password'))).exitCode).toBe(5)
    expect(await bonds.ownerOf(node.address)).toBeUndefined()
    expect(await json('add', '1', '--password-file', passwordFile)).toMatchObject({ registered: true })
    expect(await bonds.ownerOf(node.address)).toBe(owner.address)
  })

  test('is refused before anything is sent when tokens are missing', async () => {
    const { cli, bonds, node } = await createOperator({ tokens: WHOLE })
    const { exitCode, stderr } = await cli('add', '2')
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(/^error\[E_NO_FUNDS\]/) })
    expect(await bonds.ownerOf(node.address)).toBeUndefined()
  })

  test('backs no node that somebody else answers for', async () => {
    const first = await createOperator()
    const second = await createOperator()
    await first.json('add', '1')
    const keystore = (home: string) => join(networkRoot(home), 'keystore')
    for (const file of ['node.json', 'node.password']) {
      copyFileSync(join(keystore(first.home), file), join(keystore(second.home), file))
    }
    const { exitCode, stderr } = await second.cli('add', '1')
    expect(exitCode).toBe(12)
    expect(stderr).toMatch(/^error\[E_KEY_TAKEN\]: 0x[0-9a-f]{40} answers for the node 0x/)
  })

  test('needs a network that has bonds', async () => {
    const { cli } = await createOperator({ withBonds: false })
    for (const args of [['status'], ['add', '1'], ['exit']]) {
      const { exitCode, stderr } = await cli(...args)
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 4,
        stderr: expect.stringMatching(/^error\[E_NO_BONDS\]/)
      })
    }
  })
})

describe('an exit', { timeout: TIMEOUT_MS }, () => {
  test('is requested, waited for and paid out, and what is exposed is reduced along with it', async () => {
    const { json, cli, bonds, owner } = await createOperator()
    await json('add', '10')
    await bonds.expose(ARBITER, 8n * WHOLE)
    expect(await json('exit', '--dry-run')).toMatchObject({ dryRun: true, step: 'requested', transaction: null })
    expect((await bonds.bondOf(owner.address)).exitAt).toBe(0)

    const requested = await json('exit', '5')
    expect(requested).toMatchObject({ step: 'requested', amount: `5${'0'.repeat(18)}`, bond: `10${'0'.repeat(18)}` })
    // Of the 5 that stay, a fifth is for no arbiter.
    expect(await bonds.exposureOf(owner.address, ARBITER)).toMatchObject({ cap: 8n * WHOLE, cover: 4n * WHOLE })

    expect(await json('exit')).toMatchObject({ step: 'waiting', exitAt: requested.exitAt, transaction: null })
    const pending = await cli('exit', '1')
    expect(pending).toMatchObject({ exitCode: 12, stderr: expect.stringMatching(/^error\[E_EXIT_PENDING\]/) })
    const status = await cli('status')
    expect(status.stdout).toMatch(/leaving +5 tUSD, from 20\d\d-.*Z on\n/)
    expect(status.stdout).toMatch(/ARBITER +EXPOSED +COVER +STATE\n0x(?:a7)+ +8 tUSD +4 tUSD +reduced from 20/)

    await wait(DELAY_SEC)
    expect(await json('exit')).toMatchObject({ step: 'paid', amount: `5${'0'.repeat(18)}`, bond: `5${'0'.repeat(18)}` })
    expect(await bonds.exposedOf(owner.address)).toBe(4n * WHOLE)
    expect(await bonds.tokenBalance(owner.address)).toBe(95n * WHOLE)
  })

  test('is taken back, with the reductions', async () => {
    const { json, cli, bonds, owner } = await createOperator()
    await json('add', '10')
    await bonds.expose(ARBITER, 8n * WHOLE)
    await json('exit')
    expect((await bonds.exposureOf(owner.address, ARBITER)).cover).toBe(0n)
    expect(await json('exit', '--cancel')).toMatchObject({ step: 'cancelled', amount: `10${'0'.repeat(18)}` })
    expect(await bonds.exposureOf(owner.address, ARBITER)).toEqual({ cap: 8n * WHOLE, cover: 8n * WHOLE, reduceAt: 0 })
    expect(await bonds.bondOf(owner.address)).toMatchObject({ exitAt: 0 })
    const none = await cli('exit', '--cancel')
    expect(none).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/^error\[E_NO_EXIT\]/) })
  })

  test.each([
    [['exit', '11'], 6, 'E_BOND_TOO_SMALL'],
    [['exit', '1', '--cancel'], 2, 'E_USAGE'],
    [['exit', 'some'], 2, 'E_AMOUNT_INVALID'],
    [['status', '0x12'], 2, 'E_USAGE']
  ])('%j is refused', async (args, exitCode, code) => {
    const { cli } = await createOperator()
    expect(await cli(...args)).toMatchObject({ exitCode, stderr: expect.stringMatching(`^error\\[${code}\\]`) })
  })
})

describe('a claim', { timeout: TIMEOUT_MS }, () => {
  test('is collected by whoever reported a contradiction', async () => {
    const cheat = await createOperator()
    await cheat.json('add', '100')
    const reporter = await createOperator({ tokens: 1n })
    expect(await reporter.json('collect')).toMatchObject({ collected: '0', transaction: null })

    const key = createNativeSigner(cheat.node.privateKey)
    const domain = createSigningDomain(anvil.chainId, deployment.escrow)
    const [first, second] = ['1', '2'].map(version => sign(key, domain, offerType, offerOf(cheat, version)))
    await reporter.bonds.slashEquivocation({ kind: 'offers', first: first!, second: second! })
    expect(await reporter.json('status')).toMatchObject({ claimable: WHOLE.toString() })
    expect(await reporter.json('collect')).toMatchObject({ collected: WHOLE.toString() })
    expect(await cheat.json('status')).toMatchObject({ amount: `90${'0'.repeat(18)}` })
  })
})

test('reductions take from the newest exposures, as much as the rest of the bond does not cover', () => {
  const exposure = (name: string, cap: bigint, cover = cap) => ({
    arbiter: `0x${name}` as Address,
    cap,
    cover,
    reduceAt: 0
  })
  const exposures = [exposure('a', 50n), exposure('b', 20n), exposure('c', 30n, 10n)]
  expect(planReductions(exposures, 100n)).toEqual([])
  expect(planReductions(exposures, 90n)).toEqual([{ arbiter: '0xc', cap: 2n }])
  expect(planReductions(exposures, 75n)).toEqual([
    { arbiter: '0xc', cap: 0n },
    { arbiter: '0xb', cap: 10n }
  ])
  expect(planReductions(exposures, 0n).map(({ cap }) => cap)).toEqual([0n, 0n, 0n])
})

function offerOf({ node, owner }: Operator, version: string): Offer {
  return {
    provider: node.address,
    owner: owner.address,
    sequence: 1,
    expiresAt: 1_900_000_000,
    token: deployment.token,
    resources: { cpuMillis: 1000, memoryBytes: 1, diskBytes: 1 },
    runtimes: ['wasm'],
    prices: { startup: 1n, cpuSec: 2n, memGiBSec: 3n },
    tickSec: 60,
    domains: { site: 's', network: 'n', region: 'r', grid: 'g' },
    multiaddrs: [],
    version
  }
}
