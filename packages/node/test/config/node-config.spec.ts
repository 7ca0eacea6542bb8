import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { initialNodeFile, readNodeConfig, writeNodeConfig } from '../../src/config/node-config.ts'
import { temporaryFolder } from './temporary-folder.ts'

const OWNER = '0x00000000000000000000000000000000000000a1'
const INIT = {
  owner: OWNER,
  network: { allowPrivateAddresses: true },
  region: 'eu-west',
  site: 'cellar',
  cpuHour: 10n ** 16n,
  cpus: 2.5,
  memoryBytes: 3 * 2 ** 30
} as const

describe('the first configuration of a node', () => {
  test('is read back in the units the protocol counts in', async () => {
    const file = join(temporaryFolder(), 'node.yaml')
    expect(await writeNodeConfig(file, initialNodeFile(INIT), { exclusive: true })).toBe(true)
    expect(await writeNodeConfig(file, initialNodeFile(INIT), { exclusive: true })).toBe(false)
    const { provider, passwordFile } = await readNodeConfig(file)
    expect(provider).toEqual({
      owner: OWNER,
      listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'],
      domains: { site: 'cellar', network: 'unknown', region: 'eu-west', grid: 'unknown' },
      resources: { cpuMillis: 2500, memoryBytes: 3 * 2 ** 30, diskBytes: 10 * 2 ** 30 },
      prices: {
        startup: 10n ** 16n / 3600n,
        // Rounded up: 3600 of them are never less than the price of an hour.
        cpuSec: 2_777_777_777_778n,
        memGiBSec: 347_222_222_223n,
        // A seventh of an hour.
        terafuel: 1_428_571_428_571_429n
      },
      tickSec: 30,
      redeem: { amountMin: 10n ** 18n, ageSecMax: 3600 },
      disputes: {}
    })
    expect(provider.prices.cpuSec * 3600n).toBeGreaterThanOrEqual(INIT.cpuHour)
    expect(passwordFile).toBeUndefined()
  })

  test('may say what is done about faults of others', async () => {
    const file = join(temporaryFolder(), 'node.yaml')
    await writeNodeConfig(file, { ...initialNodeFile(INIT), faults: { report: 'never' } })
    expect((await readNodeConfig(file)).provider.faults).toEqual({ report: 'never' })
  })

  test('may say how others reach it', async () => {
    const file = join(temporaryFolder(), 'node.yaml')
    const reach = { announce: ['/ip4/203.0.113.7/tcp/4101'], relay: 'serve', lan: true } as const
    await writeNodeConfig(file, { ...initialNodeFile(INIT), ...reach, announce: [...reach.announce] })
    expect((await readNodeConfig(file)).provider).toMatchObject(reach)
    await expect(writeNodeConfig(file, { ...initialNodeFile(INIT), relay: 'both' as 'serve' })).rejects.toMatchObject({
      code: 'E_CONFIG_INVALID'
    })
  })

  test('listens to the world where addresses of this machine would reach nobody', () => {
    const { listen } = initialNodeFile({ ...INIT, network: { allowPrivateAddresses: false } })
    expect(listen.every(address => address.startsWith('/ip4/0.0.0.0/tcp/'))).toBe(true)
  })
})

describe('a bad node.yaml', () => {
  test.for([
    ['owner: "0x00"', /node\.yaml:\d+:8: owner: must be an address/],
    ['  cpuHour: -1', /prices\.cpuHour: "-1" is not an amount|prices\.cpuHour: "-1": "-1" is not an amount/],
    ['  region: EU West', /domains\.region: must be lower-case/],
    ['tick: 2h', /tick: at most 1h/],
    ['  memory: lots', /resources\.memory: .*is not a size/]
  ] as const)('%s', async ([line, message]) => {
    const file = join(temporaryFolder(), 'node.yaml')
    await writeNodeConfig(file, initialNodeFile(INIT))
    const key = line.split(':')[0]!
    const text = readFileSync(file, 'utf8').replace(new RegExp(`^${key}:.*$`, 'm'), line)
    writeFileSync(file, text)
    await expect(readNodeConfig(file)).rejects.toMatchObject({
      code: 'E_CONFIG_INVALID',
      message: expect.stringMatching(message)
    })
  })

  test('that is missing says how to make one', async () => {
    await expect(readNodeConfig(join(temporaryFolder(), 'node.yaml'))).rejects.toMatchObject({
      code: 'E_NO_NODE_CONFIG',
      hint: expect.stringContaining('archipel node init')
    })
  })
})
