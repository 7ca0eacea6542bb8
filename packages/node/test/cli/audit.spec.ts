import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleToJson } from '@archipel/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createScenario, fillScenario } from '../../../client/test/audit/scenario.ts'
import { startAnvil } from '../../../client/test/chain/anvil.ts'
import { type Market, startMarket } from '../../../client/test/chain/fixture.ts'
import { writeNetwork } from './fixtures.ts'
import { writeJob } from './job-fixtures.ts'
import { runCli, temporaryFolder } from './run-cli.ts'

let market: Market
/** A bundle that is paid on chain, as text. */
let text: string
let id: string
beforeAll(async () => {
  market = await startMarket()
  const scenario = await createScenario(market, 10n ** 6n)
  await market.alice.deposit(10n ** 6n)
  await market.alice.openChannel(scenario.key, 10n ** 6n)
  const [first] = await fillScenario(scenario)
  await market.bob.redeem(await scenario.redeemable())
  id = first
  text = `${JSON.stringify(bundleToJson(await scenario.bundle(first)), null, 2)}\n`
})
afterAll(() => market.anvil.stop())

/** A stranger's folder with the bundle in it, and nothing else. */
function stranger(content = text): string {
  const home = temporaryFolder()
  writeFileSync(join(home, 'bundle.json'), content)
  return home
}

const VERIFY = ['audit', 'verify', 'bundle.json']

describe('audit verify', () => {
  test('needs a bundle and an RPC URL, and nothing else', async () => {
    const home = stranger()
    const rpc = ['--rpc-url', market.anvil.url]
    const json = await runCli([...VERIFY, ...rpc, '--json'], { home })
    expect(json).toMatchObject({ exitCode: 0, stderr: '' })
    const report = JSON.parse(json.stdout)
    expect(report).toMatchObject({ schemaVersion: 1, agreement: id, verdict: 'verified', payment: 'on-chain' })
    expect(report.money.redeemed).toBe(report.money.due)
    expect(report.checks.every(({ ok }: { ok: boolean }) => ok)).toBe(true)

    const human = await runCli([...VERIFY, ...rpc], { home })
    expect(human).toMatchObject({ exitCode: 0, stderr: '' })
    expect(human.stdout).toMatch(/^paid +0\.00000000000000675 tUSD, paid on chain$/m)
    expect(human.stdout).toMatch(/verdict: verified\n$/)
    const byEnvironment = await runCli([...VERIFY, '-o', 'name'], { home, env: { ETH_RPC_URL: market.anvil.url } })
    expect(byEnvironment).toMatchObject({ exitCode: 0, stdout: 'verified\n' })
  })

  test('finds one changed byte of a receipt', async () => {
    const changed = text.replace(/"runMs": 2500/, '"runMs": 2501')
    expect(changed).not.toBe(text)
    const home = stranger(changed)
    const json = await runCli([...VERIFY, '--rpc-url', market.anvil.url, '--json'], { home })
    expect(json.exitCode).toBe(10)
    expect(JSON.parse(json.stdout)).toMatchObject({ verdict: 'mismatch', payment: 'unknown' })
    const human = await runCli([...VERIFY, '--rpc-url', market.anvil.url], { home })
    expect(human).toMatchObject({ exitCode: 10, stderr: 'warning: mismatch: 2 of 9 checks failed\n' })
    expect(human.stdout).toMatch(/^receipts signed.*FAILED.*not signed by/m)
  })

  test('asks for what an auditor knows better than the bundle', async () => {
    const home = stranger()
    const rpc = ['--rpc-url', market.anvil.url]
    const right = await runCli([...VERIFY, ...rpc, '--escrow', market.alice.escrow, '-o', 'name'], { home })
    expect(right).toMatchObject({ exitCode: 0 })
    const wrong = await runCli([...VERIFY, ...rpc, '--escrow', market.alice.token], { home })
    expect(wrong).toMatchObject({ exitCode: 10, stderr: expect.stringMatching(/^error\[E_AUDIT_MISMATCH\].*escrow/) })
    const named = await runCli(['audit', 'verify', id.slice(0, 12), '--bundle', 'bundle.json', ...rpc, '-o', 'name'], {
      home
    })
    expect(named).toMatchObject({ exitCode: 0, stdout: 'verified\n' })
    const other = await runCli(['audit', 'verify', '0xabcdef', '--bundle', 'bundle.json', ...rpc], { home })
    expect(other).toMatchObject({
      exitCode: 10,
      stderr: expect.stringMatching(/^error\[E_AUDIT_MISMATCH\].*not 0xabcdef/)
    })
  })

  test('takes an agreement of this machine’s own books', async () => {
    const home = temporaryFolder()
    const { agreement, job } = await writeJob(home)
    writeNetwork(home, market.anvil.url)
    // Books about an escrow that this chain does not have.
    const report = await runCli(['audit', 'verify', agreement, '--json'], { home })
    expect(report.exitCode).toBe(10)
    expect(JSON.parse(report.stdout)).toMatchObject({
      agreement,
      checks: expect.arrayContaining([
        expect.objectContaining({ name: expect.stringMatching(/^escrow is on/), ok: false })
      ])
    })
    const wholeJob = await runCli(['audit', 'verify', job.id], { home })
    expect(wholeJob).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`hint: one of: ${agreement}`) })
  })

  test.for<{ name: string; content?: () => string; args: () => string[]; exitCode: number; code: string }>([
    {
      name: 'a file that is no bundle',
      content: () => '{"hello":1}',
      args: rpc,
      exitCode: 10,
      code: 'E_BUNDLE_INVALID'
    },
    { name: 'a file cut short', content: () => text.slice(0, -50), args: rpc, exitCode: 10, code: 'E_BUNDLE_INVALID' },
    {
      name: 'bytes that are no text',
      content: () => text.replace('0x', '\ufffd'),
      args: rpc,
      exitCode: 10,
      code: 'E_BUNDLE_INVALID'
    },
    {
      name: 'a bundle named twice',
      args: () => [...rpc(), '--bundle', 'none.json'],
      exitCode: 2,
      code: 'E_USAGE'
    },
    { name: 'a chain that is away', args: () => ['--rpc-url', 'http://127.0.0.1:1'], exitCode: 11, code: 'E_RPC_DOWN' },
    { name: 'a URL that is none', args: () => ['--rpc-url', 'localhost'], exitCode: 2, code: 'E_USAGE' },
    { name: 'an escrow that is no address', args: () => [...rpc(), '--escrow', '0x12'], exitCode: 2, code: 'E_USAGE' },
    { name: 'no chain to ask', args: () => [], exitCode: 2, code: 'E_USAGE' }
  ])('says what keeps it from a verdict: $name', async ({ content, args, exitCode, code }) => {
    const home = stranger(content?.())
    const result = await runCli([...VERIFY, ...args(), '--json'], { home })
    expect(result).toMatchObject({ exitCode, stdout: '' })
    expect(JSON.parse(result.stderr)).toMatchObject({ error: { code } })
  })

  test('says that a bundle is not there, or is a folder', async () => {
    const home = stranger()
    mkdirSync(join(home, 'folder'))
    const missing = await runCli(['audit', 'verify', './none.json', ...rpc()], { home })
    expect(missing).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/^error\[E_FILE_NOT_FOUND\]: \.\/none\.json/)
    })
    const folder = await runCli(['audit', 'verify', 'folder', ...rpc()], { home })
    expect(folder).toMatchObject({ exitCode: 4 })
  })

  test('on the wrong chain is no verdict', async () => {
    const other = await startAnvil(1)
    try {
      const result = await runCli([...VERIFY, '--rpc-url', other.url], { home: stranger() })
      expect(result).toMatchObject({
        exitCode: 11,
        stdout: '',
        stderr: expect.stringMatching(/^error\[E_WRONG_CHAIN\]/)
      })
    } finally {
      await other.stop()
    }
  })
})

function rpc(): string[] {
  return ['--rpc-url', market.anvil.url]
}
