import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createChain, createStore, mintTestTokens } from '@archipel/client'
import { createNativeSigner } from '@archipel/client/node'
import { type Address, sameHex } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { devSigner } from '../../../client/test/chain/anvil.ts'
import { type Market, startMarket } from '../../../client/test/chain/fixture.ts'
import { networkFolder, nodeFiles } from '../../src/config/folders.ts'
import { initialNodeFile, writeNodeConfig } from '../../src/config/node-config.ts'
import { createDevnetKey } from '../../src/devnet/keys.ts'
import { createProviderRecords } from '../../src/store/records.ts'
import { record } from '../redeem/world.ts'
import { networkRoot } from './fixtures.ts'
import { runCli } from './run-cli.ts'

const WHOLE = 10n ** 18n

let market: Market
let home: string
let owner: Address
beforeAll(async () => {
  market = await startMarket()
  home = mkdtempSync(join(tmpdir(), 'archipel-test-'))
  const folder = networkFolder(networkRoot(home))
  await createDevnetKey(folder.keystore, 'node')
  const key = await createDevnetKey(folder.keystore, 'cold')
  owner = key.address
  const { escrow, token } = market.alice
  const place = { rpcUrls: [market.anvil.url], chainId: market.anvil.chainId }
  const network = { name: 'devnet', ...place, escrow, token, deployedAt: 0, bootstrap: [], allowPrivateAddresses: true }
  mkdirSync(folder.node, { recursive: true })
  writeFileSync(folder.descriptor, JSON.stringify(network))
  const machine = { region: 'here', site: 'here', cpuHour: WHOLE, cpus: 1, memoryBytes: 2 ** 30 }
  await writeNodeConfig(nodeFiles(folder).config, initialNodeFile({ owner, network, ...machine }))
  // What the owner has in the escrow is what was redeemed for it.
  await market.anvil.request('anvil_setBalance', [owner, `0x${(100n * WHOLE).toString(16)}`])
  await mintTestTokens({ ...place, signer: devSigner(0), token, to: owner, amount: 3n * WHOLE })
  await createChain({ ...place, escrow, token, signer: createNativeSigner(key.privateKey) }).deposit(3n * WHOLE)
  const store = await createStore({ location: join(folder.node, 'store') })
  const { channels } = createProviderRecords(store)
  const of = (n: number, over: object) => {
    const { key, ...rest } = record(n, { deposit: 10n * WHOLE, ...over })
    return { ...rest, key: { ...key, token } }
  }
  const all = [
    of(1, { cumulative: 2n * WHOLE, settled: 2n * WHOLE }),
    of(2, { cumulative: 3n * WHOLE, settled: WHOLE }),
    of(3, { cumulative: WHOLE / 2n, closeAt: 1_900_000_000 })
  ]
  await store.commit(all.map(channel => channels.put(channel.id, channel)))
  await store.close()
})
afterAll(async () => {
  await market?.anvil.stop()
  rmSync(home, { recursive: true, force: true })
})

const node = (...args: string[]) => runCli(['node', ...args], { home })

describe('node earnings', () => {
  test('tells from the books of a node that does not run what was earned and what waits', async () => {
    const { exitCode, stdout, stderr } = await node('earnings', '--json')
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringMatching(/^warning: the node does not run/)
    })
    const { tokens, ...rest } = JSON.parse(stdout)
    const inCourt = { cases: 0, amount: '0' }
    expect(rest).toEqual({ schemaVersion: 1, owner, isRunning: false, inCourt, withdrawable: String(3n * WHOLE) })
    expect(tokens).toEqual([
      {
        token: expect.stringMatching(/^0x/),
        vouchered: `55${'0'.repeat(17)}`,
        redeemed: `30${'0'.repeat(17)}`,
        waiting: `25${'0'.repeat(17)}`,
        atRisk: `5${'0'.repeat(17)}`
      }
    ])
    expect(sameHex(tokens[0].token, market.alice.token)).toBe(true)
  })

  test('is a table for people', async () => {
    const { stdout } = await node('earnings')
    expect(stdout).toMatch(/^owner +0x[0-9a-f]{40}\nwithdrawable +3 tUSD\n\n/)
    expect(stdout).toMatch(/5\.5 tUSD +3 tUSD +2\.5 tUSD +0\.5 tUSD/)
  })
})

describe('node withdraw', () => {
  test('sends a part, then all, with the owner’s key wherever it is in the keystore', async () => {
    const chain = market.alice
    const dry = await node('withdraw', '--dry-run', '--json')
    expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, to: owner, withdrawn: String(3n * WHOLE) })
    expect(await chain.escrowBalance(owner)).toBe(3n * WHOLE)
    const part = await node('withdraw', '1', '--yes', '--json')
    expect(JSON.parse(part.stdout)).toMatchObject({ to: owner, withdrawn: String(WHOLE), balance: String(2n * WHOLE) })
    expect(await chain.tokenBalance(owner)).toBe(WHOLE)
    const other: Address = `0x${'0b'.repeat(20)}`
    expect(await node('withdraw', '--to', other, '--yes')).toMatchObject({ exitCode: 0 })
    expect(await chain.tokenBalance(other)).toBe(2n * WHOLE)
    expect(await node('withdraw')).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/^error\[E_NO_FUNDS\].*\nhint: .*node earnings/)
    })
  })

  test('says where the key should be when it is not here', async () => {
    expect(await node('withdraw', '1', '--wallet', 'node')).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/^error\[E_NOT_OWNER\]: earnings belong to 0x.*\nhint: .*escrow withdraw --all/)
    })
    rmSync(join(networkRoot(home), 'keystore', 'cold.json'))
    expect((await node('withdraw', '1')).stderr).toMatch(/^error\[E_NOT_OWNER\]: .*not here/)
  })
})
