import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBonds } from '@archipel/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAlive } from '../../src/control/process-identity.ts'
import { createDevnet, DEFAULT_PROVIDERS, type Devnet, type DevnetUp } from '../../src/devnet/index.ts'
import { devnetFolder, readState, writeState } from '../../src/devnet/state.ts'
import { runCli, spawnCli } from '../cli/run-cli.ts'
import { temporaryFolder } from '../config/temporary-folder.ts'

const TIMEOUT_MS = 120_000
/** Two regions, three operators: eu-west-1, eu-west-2, us-east-1. */
const PROVIDERS = DEFAULT_PROVIDERS.slice(0, 3)

describe('a devnet', { timeout: TIMEOUT_MS }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'archipel-devnet-'))
  const devnet: Devnet = createDevnet({ dir, providers: PROVIDERS })
  let network: DevnetUp
  const cli = (...args: string[]) => runCli([...args, '--data-dir', dir])
  const json = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await cli(...args, '--json')
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    return JSON.parse(stdout)
  }

  beforeAll(async () => {
    network = await devnet.up()
  }, TIMEOUT_MS)
  afterAll(async () => {
    await devnet.down()
    rmSync(dir, { recursive: true, force: true })
  }, TIMEOUT_MS)

  test('has the providers asked for, and two first contacts in two regions', async () => {
    expect(network.started).toEqual(['eu-west-1', 'eu-west-2', 'us-east-1'])
    expect(network.providers.map(({ pid }) => typeof pid)).toEqual(['number', 'number', 'number'])
    expect(new Set(network.providers.map(({ owner }) => owner)).size).toBe(3)
    const contacts = new Set(network.descriptor.bootstrap.map(address => address.split('/p2p/')[1]))
    const peerIds = await Promise.all(
      ['eu-west-1', 'us-east-1'].map(async name => (await providerStatus(name)).peerId as string)
    )
    expect(contacts).toEqual(new Set(peerIds))
    const { bonds, uptime, credentials, court } = network.descriptor
    for (const contract of [bonds, uptime, credentials, court]) expect(contract).toMatch(/^0x[0-9a-f]{40}$/)
    expect(JSON.parse(readFileSync(join(dir, 'network.json'), 'utf8'))).toEqual(network.descriptor)
  })

  test('has operators who answer for their nodes, to the court too', async () => {
    const { bonds, court } = network.descriptor
    const door = createBonds({ ...network.descriptor, bonds: bonds! })
    for (const { address, owner } of network.providers) {
      expect(await door.ownerOf(address)).toBe(owner)
      expect((await door.bondOf(owner)).amount).toBe(100n * 10n ** 18n)
      expect((await door.exposureOf(owner, court!)).cap).toBe(50n * 10n ** 18n)
    }
  })

  test('has a buyer with money, whose key opens without asking', async () => {
    expect(await json('wallet', 'balance')).toMatchObject({
      schemaVersion: 1,
      address: network.buyer,
      tokens: `9000${'0'.repeat(18)}`,
      escrow: `1000${'0'.repeat(18)}`,
      token: { symbol: 'tUSD' }
    })
    const { transaction } = await json('escrow', 'deposit', '0.5')
    expect(transaction).toMatch(/^0x[0-9a-f]{64}$/)
    expect(await json('escrow', 'status')).toMatchObject({ balance: `10005${'0'.repeat(17)}`, channels: [] })
    const tooMuch = await cli('escrow', 'deposit', '8999.6')
    expect(tooMuch).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(/^error\[E_NO_FUNDS\]/) })
  })

  test('shows nodes that know each other', async () => {
    const status = await providerStatus('eu-west-2')
    expect(status).toMatchObject({ schemaVersion: 1, network: 'devnet', offersKnown: 3, chain: { ok: true } })
    expect(status.address).toBe(network.providers[1]!.address)
    const { stdout } = await runCli(['node', 'status', '--data-dir', providerDir('eu-west-2')])
    expect(stdout).toMatch(/^node +0x[0-9a-f]{40}\nowner /)
  })

  test('is left as it is by a second start', async () => {
    const before = devnet.status()
    expect(await devnet.up()).toMatchObject({ started: [], providers: before.providers })
  })

  test('refuses a second node in the folder of a running one', async () => {
    const second = await runCli(['node', 'start', '--data-dir', providerDir('eu-west-1')])
    const { pid } = devnet.status().providers[0]!
    expect(second).toMatchObject({
      exitCode: 13,
      stderr: expect.stringMatching(`^error\\[E_LOCKED\\]: .*process ${pid}\n`)
    })
  })

  test('loses a region to a power cut, and gets it back', async () => {
    const lock = join(providerDir('us-east-1'), 'node/lock')
    const before = readFileSync(lock, 'utf8')
    await expect(devnet.killRegion('mars')).rejects.toMatchObject({
      code: 'E_NO_SUCH_REGION',
      facts: { regions: ['eu-west', 'us-east'] }
    })
    expect(await devnet.killRegion('us-east')).toEqual(['us-east-1'])
    expect(devnet.status().providers.map(({ pid }) => pid === undefined)).toEqual([false, false, true])
    // Killed, so its lock is still there: the next start takes it over.
    expect(readFileSync(lock, 'utf8')).toBe(before)
    const again = await devnet.up()
    expect(again.started).toEqual(['us-east-1'])
    expect(readFileSync(lock, 'utf8')).not.toBe(before)
    const [address] = (await providerStatus('us-east-1')).multiaddrs
    expect(network.descriptor.bootstrap).not.toContain(address)
    expect(again.descriptor.bootstrap).toContain(address)
    expect(JSON.parse(readFileSync(join(dir, 'network.json'), 'utf8'))).toEqual(again.descriptor)
    expect(again.providers[2]).toMatchObject({ address: network.providers[2]!.address, pid: expect.any(Number) })
  })

  test('takes in a newcomer set up by hand, which ends cleanly when told to', async () => {
    const home = temporaryFolder()
    const newcomer = join(home, 'newcomer')
    writeFileSync(join(home, 'password'), 'secret\n', { mode: 0o600 })
    const run = (...args: string[]) => ['node', ...args, '--data-dir', newcomer]
    // It needs nothing but the network's descriptor.
    expect(await runCli(run('init', '--no-interactive'), { home })).toMatchObject({ exitCode: 4 })
    mkdirSync(newcomer)
    writeFileSync(join(newcomer, 'network.json'), JSON.stringify(network.descriptor))
    const setUp = await runCli(
      run(
        'init',
        '--no-interactive',
        '--region',
        'ap-south',
        '--price',
        '0.02',
        '--password-file',
        'password',
        '--json'
      ),
      { home }
    )
    expect(setUp.exitCode, setUp.stderr).toBe(0)
    const { address, owner, file } = JSON.parse(setUp.stdout)
    expect(owner).toBe(address)
    expect(readFileSync(file, 'utf8')).toContain('cpuHour: "0.02"')
    expect(await runCli(run('init', '--no-interactive'), { home })).toMatchObject({
      exitCode: 13,
      stderr: expect.stringMatching(/^error\[E_NODE_EXISTS\]/)
    })

    const child = spawnCli(run('start', '--json'), { home })
    const ended = new Promise<number | null>(resolve => child.on('close', resolve))
    const output = { stdout: '', stderr: '' }
    child.stderr.setEncoding('utf8').on('data', text => {
      output.stderr += text
    })
    await new Promise<void>(resolve => {
      child.stdout.setEncoding('utf8').on('data', text => {
        output.stdout += text
        if (output.stdout.endsWith('}\n')) resolve()
      })
      child.on('close', () => resolve())
    })
    expect(JSON.parse(output.stdout)).toMatchObject({ schemaVersion: 1, address, owner, pid: child.pid })
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    const log = output.stderr
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(log.at(-1)).toMatchObject({ level: 'info', msg: 'stopped', time: expect.stringMatching(/Z$/) })
    expect(await runCli(run('status'), { home })).toMatchObject({ exitCode: 4 })
  })

  test('goes down with all of its processes, from another process too', async () => {
    const state = readState(devnetFolder(dir))!
    const processes = [state.chain!.process, ...state.providers.map(({ process }) => process!)]
    expect(processes.map(isAlive)).toEqual([true, true, true, true])
    expect(await cli('devnet', 'down')).toMatchObject({ exitCode: 0, stdout: 'The devnet is down.\n' })
    expect(processes.map(isAlive)).toEqual([false, false, false, false])
    expect(await cli('devnet', 'down')).toMatchObject({ exitCode: 0, stdout: 'No devnet was up.\n' })
    expect(await cli('devnet', 'status')).toMatchObject({ exitCode: 4 })
    expect(await cli('wallet', 'balance')).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/E_NO_NETWORK/) })
  })

  const providerDir = (name: string) => join(dir, 'providers', name)
  const providerStatus = async (name: string) => {
    const { stdout } = await runCli(['node', 'status', '--json', '--data-dir', providerDir(name)])
    return JSON.parse(stdout)
  }
})

describe('a start of a devnet', { timeout: TIMEOUT_MS }, () => {
  test('that is killed halfway is cleaned up by down', async () => {
    const dir = join(temporaryFolder(), 'devnet')
    const folder = devnetFolder(dir)
    const child = spawnCli(['devnet', 'up', '--data-dir', dir])
    const ended = new Promise<void>(resolve => child.on('close', () => resolve()))
    await expect.poll(() => readState(folder)?.providers.some(({ process }) => process), { timeout: 20_000 }).toBe(true)
    child.kill('SIGKILL')
    await ended
    const { chain, providers } = readState(folder)!
    const processes = [chain!.process, ...providers.flatMap(({ process }) => process ?? [])]
    expect(isAlive(chain!.process)).toBe(true)
    await createDevnet({ dir }).down()
    expect(processes.filter(isAlive)).toEqual([])
  })

  test('that is interrupted leaves nothing running', async () => {
    const dir = join(temporaryFolder(), 'devnet')
    const folder = devnetFolder(dir)
    let chain: Parameters<typeof isAlive>[0] | undefined
    const result = await runCli(['devnet', 'up', '--data-dir', dir], {
      during: child =>
        void expect
          .poll(() => readState(folder)?.providers.some(({ process }) => process), { timeout: 20_000 })
          .toBe(true)
          .then(() => {
            chain = readState(folder)?.chain?.process
            child.kill('SIGINT')
          })
    })
    expect(result).toMatchObject({ exitCode: 130, stdout: '', stderr: expect.stringMatching(/error\[E_CANCELLED\]/) })
    expect(isAlive(chain!)).toBe(false)
    expect(readState(folder)).toMatchObject({ providers: [] })
  })

  test('of a provider that dies at once tells why and leaves nothing running', async () => {
    const dir = join(temporaryFolder(), 'devnet')
    const entry = join(temporaryFolder(), 'broken.mjs')
    writeFileSync(entry, 'console.error("no luck today"); process.exit(3)')
    const devnet = createDevnet({ dir, providers: [{ ...PROVIDERS[0]!, entry }] })
    await expect(devnet.up()).rejects.toMatchObject({
      code: 'E_START_FAILED',
      message: 'provider eu-west-1 could not be started: no luck today',
      facts: { log: join(dir, 'logs/eu-west-1.log') }
    })
    expect(devnet.status()).toMatchObject({ isUp: false, providers: [] })
  })

  test('never touches a folder of another network', async () => {
    const dir = temporaryFolder()
    writeFileSync(join(dir, 'network.json'), '{}')
    await expect(createDevnet({ dir }).up()).rejects.toMatchObject({ code: 'E_DEVNET_EXISTS' })
    expect(readFileSync(join(dir, 'network.json'), 'utf8')).toBe('{}')
  })

  test('with more providers than allowed is refused', async () => {
    const dir = join(temporaryFolder(), 'devnet')
    const providers = Array.from({ length: 65 }, (_, index) => ({ ...PROVIDERS[0]!, name: `p${index}` }))
    await expect(createDevnet({ dir, providers }).up()).rejects.toMatchObject({ code: 'E_USAGE' })
  })

  test('does not believe a state file that names no process', async () => {
    const folder = devnetFolder(temporaryFolder())
    writeState(folder, {
      version: 1,
      chain: { process: { pid: -1 } as never, rpcUrl: '' },
      buyer: undefined,
      providers: []
    })
    expect(() => readState(folder)).toThrow(expect.objectContaining({ code: 'E_DEVNET_STATE_INVALID' }))
  })
})
