import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadSettings } from '../../src/config/settings.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A user's configuration folder and a project folder, each with a file when a text is given. */
function folders({ user, project }: { user?: string; project?: string }) {
  const [config, cwd, data] = [temporaryFolder(), temporaryFolder(), temporaryFolder()]
  if (user !== undefined) {
    mkdirSync(join(config, 'archipel'))
    writeFileSync(join(config, 'archipel/config.yaml'), user)
  }
  if (project !== undefined) writeFileSync(join(cwd, 'archipel.yaml'), project)
  return { cwd, config, data, env: { XDG_CONFIG_HOME: config, XDG_DATA_HOME: data } }
}

describe('what a buyer puts into court', () => {
  test('is read in the units people think in', async () => {
    const { cwd, env } = folders({ project: 'disputes: { auto: false, min: 0.5, maxStake: 20, maxFee: 0.01 }\n' })
    expect((await loadSettings({}, env, cwd)).disputes).toEqual({
      isAutomatic: false,
      amountMin: 5n * 10n ** 17n,
      stakeMax: 20n * 10n ** 18n,
      feeWeiMax: 10n ** 16n
    })
  })

  test('is nothing below zero, and nothing unknown', async () => {
    const refused = (text: string) => loadSettings({}, folders({}).env, folders({ project: text }).cwd)
    await expect(refused('disputes: { min: 0 }\n')).rejects.toMatchObject({ code: 'E_CONFIG_INVALID' })
    await expect(refused('disputes: { stake: 5 }\n')).rejects.toMatchObject({ code: 'E_CONFIG_INVALID' })
  })
})

describe('settings', () => {
  test('have defaults', async () => {
    const { cwd, env, data } = folders({})
    expect(await loadSettings({}, env, cwd)).toEqual({
      network: 'devnet',
      dataDir: join(data, 'archipel/devnet'),
      rpcUrls: undefined,
      wallet: 'default',
      passwordFile: undefined,
      limits: {},
      disputes: {},
      reports: {}
    })
  })

  test('come from flags before environment before project before user', async () => {
    const { cwd, env } = folders({ user: 'wallet: user\nnetwork: user\n', project: 'wallet: project\n' })
    const wallet = async (flags: object, more: object = {}) =>
      (await loadSettings(flags, { ...env, ...more }, cwd)).wallet
    expect(await wallet({ wallet: 'flag' }, { ARCHIPEL_WALLET: 'env' })).toBe('flag')
    expect(await wallet({}, { ARCHIPEL_WALLET: 'env' })).toBe('env')
    expect(await wallet({}, { ARCHIPEL_WALLET: '' })).toBe('project')
    expect((await loadSettings({}, env, cwd)).network).toBe('user')
  })

  test('of faults come one by one from the first place that names them', async () => {
    const { cwd, env } = folders({
      user: 'faults: { report: never, coinPrice: 3 }\n',
      project: 'faults: { report: always }\n'
    })
    const coin = 10n ** 18n
    expect((await loadSettings({}, env, cwd)).reports).toEqual({ report: 'always', coinPrice: 3n * coin })
    const more = { ARCHIPEL_FAULTS_COIN_PRICE: '2000', ARCHIPEL_FAULTS_REPORT: 'worthwhile' }
    const { reports } = await loadSettings({}, { ...env, ...more }, cwd)
    expect(reports).toEqual({ report: 'worthwhile', coinPrice: 2000n * coin })
  })

  test('name paths relative to where they were written', async () => {
    const { cwd, env, config } = folders({ user: 'passwordFile: pw\n', project: 'dataDir: net\n' })
    const settings = await loadSettings({}, env, cwd)
    expect(settings).toMatchObject({ passwordFile: join(config, 'archipel/pw'), dataDir: join(cwd, 'net') })
    expect(await loadSettings({ passwordFile: 'x' }, env, cwd)).toMatchObject({ passwordFile: join(cwd, 'x') })
  })

  test('ignore a relative XDG folder, as its specification asks', async () => {
    const { cwd, env } = folders({})
    const { dataDir } = await loadSettings({}, { ...env, XDG_DATA_HOME: 'relative' }, cwd)
    expect(dataDir).toMatch(/\.local\/share\/archipel\/devnet$/)
  })

  test.for([
    [{ ARCHIPEL_LIMIT_DAY: '1e3' }, /ARCHIPEL_LIMIT_DAY: .*digits and one point/],
    [{ ARCHIPEL_LIMIT_PROVIDER: '0' }, /ARCHIPEL_LIMIT_PROVIDER: .*more than zero/],
    [{ ARCHIPEL_FAULTS_REPORT: 'sometimes' }, /ARCHIPEL_FAULTS_REPORT: /],
    [{ ARCHIPEL_FAULTS_COIN_PRICE: '0' }, /ARCHIPEL_FAULTS_COIN_PRICE: .*more than zero/],
    [{ ARCHIPEL_NETWORK: '../x' }, /ARCHIPEL_NETWORK: must be/],
    [{ ARCHIPEL_RPC_URLS: 'http://a,file:///etc/passwd' }, /ARCHIPEL_RPC_URLS/],
    [{ ARCHIPEL_RPC_URLS: Array(9).fill('http://a').join(',') }, /ARCHIPEL_RPC_URLS/]
  ] as const)('refuse %j', async ([more, message]) => {
    const { cwd, env } = folders({})
    const loading = loadSettings({}, { ...env, ...more }, cwd)
    await expect(loading).rejects.toMatchObject({ code: 'E_CONFIG_INVALID', message: expect.stringMatching(message) })
  })

  test('take each spending limit from the first place that names it', async () => {
    const { cwd, env } = folders({
      user: 'limits:\n  job: 1\n  day: 10\n  provider: 5\n',
      project: 'limits: { day: 0.25 }\n'
    })
    const limits = async (flags: object, more: object = {}) =>
      (await loadSettings(flags, { ...env, ...more }, cwd)).limits
    const whole = 10n ** 18n
    expect(await limits({})).toEqual({ job: whole, day: whole / 4n, provider: 5n * whole })
    const given = await limits({ limitDay: '2' }, { ARCHIPEL_LIMIT_DAY: '3', ARCHIPEL_LIMIT_PROVIDER: '4' })
    expect(given).toEqual({ job: whole, day: 2n * whole, provider: 4n * whole })
    await expect(limits({ limitProvider: 'much' })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringMatching(/^--limit-provider: /)
    })
  })

  test('say where a limit in a file is wrong', async () => {
    const { cwd, env } = folders({ project: 'limits:\n  day: 1\n  week: 7\n' })
    await expect(loadSettings({}, env, cwd)).rejects.toMatchObject({
      code: 'E_CONFIG_INVALID',
      message: expect.stringMatching(/archipel\.yaml:3:3: limits\.week: unknown key/)
    })
  })

  test('take eight endpoints', async () => {
    const { cwd, env } = folders({})
    const urls = Array(8).fill('http://a/')
    expect((await loadSettings({}, { ...env, ARCHIPEL_RPC_URLS: urls.join(',') }, cwd)).rpcUrls).toEqual(urls)
  })
})
