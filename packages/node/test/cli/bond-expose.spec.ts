import type { Address } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arbiterName, arbiterOf } from '../../src/cli/bonds.ts'
import { BOND_TIMEOUT_MS, type BondNetwork, DELAY_SEC, startBondNetwork, WHOLE } from './bond-fixtures.ts'

const ARBITER: Address = `0x${'a7'.repeat(20)}`

let network: BondNetwork
beforeAll(async () => {
  network = await startBondNetwork()
})
afterAll(() => network?.anvil.stop())

describe('an exposure', { timeout: BOND_TIMEOUT_MS }, () => {
  test('is raised at once, to an arbiter by its name, and no further than the bond goes', async () => {
    const { json, cli, bonds, owner } = await network.createOperator()
    const { uptime } = network.deployment
    await json('add', '10')
    expect(await json('expose', 'uptime', '3', '--dry-run')).toMatchObject({
      dryRun: true,
      step: 'raised',
      exposed: '0',
      transaction: null
    })
    expect(await bonds.exposedOf(owner.address)).toBe(0n)
    expect(await json('expose', 'uptime', '3')).toMatchObject({
      schemaVersion: 1,
      owner: owner.address,
      arbiter: uptime,
      step: 'raised',
      exposed: (3n * WHOLE).toString(),
      cover: (3n * WHOLE).toString(),
      reduceAt: 0,
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/)
    })
    expect(await json('expose', 'uptime', '3')).toMatchObject({ step: 'kept', transaction: null })
    // Of the 10, two are for no arbiter and three are taken.
    const tooMuch = await cli('expose', ARBITER, '5.1')
    expect(tooMuch).toMatchObject({
      exitCode: 12,
      stderr: expect.stringMatching(/^error\[E_BOND_EXPOSED\]: at most 5 /)
    })
    expect(await json('expose', 'court', '5')).toMatchObject({ arbiter: network.deployment.court, step: 'raised' })
    const { stdout } = await cli('status')
    expect(stdout).toMatch(/\nuptime +3 tUSD +3 tUSD +kept\n/)
    expect(stdout).toMatch(/\ncourt +5 tUSD +5 tUSD +kept\n/)
  })

  test('is lowered by asking, a month later, and taken back until then', async () => {
    const { json, cli, bonds, owner } = await network.createOperator()
    await json('add', '10')
    await json('expose', ARBITER, '8')
    const dry = await json('expose', ARBITER, '2', '--dry-run')
    expect(dry).toMatchObject({ step: 'requested', cover: (8n * WHOLE).toString(), transaction: null })
    const asked = await json('expose', ARBITER, '2')
    expect(asked).toMatchObject({
      step: 'requested',
      exposed: (8n * WHOLE).toString(),
      cover: (2n * WHOLE).toString()
    })
    expect(Math.abs(Number(asked.reduceAt) - Number(dry.reduceAt))).toBeLessThan(120)
    const early = await cli('expose', ARBITER, '2')
    expect(early.stdout).toMatch(/^waiting +2 tUSD\narbiter +0x.*\nexposed +8 tUSD\ncover +2 tUSD\nfrom +20\d\d-/)
    expect(early.stderr).toMatch(/^Until then it can take 8 tUSD\. From 20.*Z on: archipel bond expose 0x(?:a7)+ 2\n$/)

    expect(await json('expose', ARBITER, '8')).toMatchObject({
      step: 'kept',
      reduceAt: 0,
      cover: (8n * WHOLE).toString()
    })
    expect((await bonds.exposureOf(owner.address, ARBITER)).reduceAt).toBe(0)

    await json('expose', ARBITER, '0')
    await network.wait(DELAY_SEC)
    expect(await json('expose', ARBITER, '0', '--dry-run')).toMatchObject({ step: 'lowered', transaction: null })
    expect(await json('expose', ARBITER, '0')).toMatchObject({ step: 'lowered', exposed: '0', cover: '0' })
    expect(await bonds.exposedOf(owner.address)).toBe(0n)
  })

  test.each([
    [['expose', 'jury', '1'], 2, 'E_USAGE'],
    [['expose', ARBITER, 'some'], 2, 'E_AMOUNT_INVALID'],
    [['expose', ARBITER, '1'], 12, 'E_BOND_EXPOSED']
  ])('%j is refused', async (args, exitCode, code) => {
    const { cli } = await network.createOperator()
    expect(await cli(...args)).toMatchObject({ exitCode, stderr: expect.stringMatching(`^error\\[${code}\\]`) })
  })
})

test('an arbiter is known by its name where the network has it, and by its address everywhere', () => {
  const { court, uptime, ...without } = network.descriptor
  expect(arbiterOf('court', network.descriptor)).toBe(court)
  expect(arbiterName(court!, network.descriptor)).toBe('court')
  expect(arbiterOf('uptime', network.descriptor)).toBe(uptime)
  expect(arbiterOf(ARBITER.replace('a7', 'A7'), without)).toBe(ARBITER)
  expect(arbiterName(uptime!, without)).toBe(uptime)
  expect(() => arbiterOf('uptime', without)).toThrowError(expect.objectContaining({ code: 'E_NO_ARBITER' }))
})
