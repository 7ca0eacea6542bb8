import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Deployment } from '@archipel/client'
import type { Address } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { planReductions } from '../../src/cli/bonds.ts'
import { type BondNetwork, DELAY_SEC, startBondNetwork, BOND_TIMEOUT_MS as TIMEOUT_MS, WHOLE } from './bond-fixtures.ts'
import { networkRoot, writePassword } from './fixtures.ts'
import { runCli } from './run-cli.ts'

const ARBITER: Address = `0x${'a7'.repeat(20)}`

let network: BondNetwork
let deployment: Deployment
beforeAll(async () => {
  network = await startBondNetwork()
  deployment = network.deployment
})
afterAll(() => network?.anvil.stop())

const createOperator: BondNetwork['createOperator'] = init => network.createOperator(init)

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

    await network.wait(DELAY_SEC)
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

    await reporter.bonds.slashEquivocation(network.offersOf(cheat))
    expect(await reporter.json('status')).toMatchObject({ claimable: WHOLE.toString() })
    expect(await reporter.json('collect')).toMatchObject({ collected: WHOLE.toString() })
    await reporter.bonds.slashEquivocation(network.offersOf(cheat, 2))
    const to = cheat.owner.address
    const reward = (9n * WHOLE) / 10n
    expect(await reporter.json('collect', '--to', to)).toMatchObject({ to, collected: reward.toString() })
    expect(await reporter.bonds.tokenBalance(to)).toBe(reward)
    expect(await reporter.cli('collect', '--to', '0x12')).toMatchObject({ exitCode: 2 })
    expect(await cheat.json('status')).toMatchObject({ amount: `81${'0'.repeat(18)}` })
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
