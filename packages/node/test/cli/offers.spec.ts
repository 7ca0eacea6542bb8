import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createBook, createNetwork, type Network, serveBook } from '@archipel/client'
import { createNativeSigner, nodeTransports, recoverNative } from '@archipel/client/node'
import { createSigningDomain, encode, type Offer, offerType, sign, signedOfferType } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAnvil } from '../../../client/test/chain/anvil.ts'
import { type Market, startMarket } from '../../../client/test/chain/fixture.ts'
import { createDevnetKey } from '../../src/devnet/keys.ts'
import { runCli, temporaryFolder } from './run-cli.ts'

const HOUR = 3600n
const MILLI = 10n ** 15n

let market: Market
let peer: Network
/** A chain, and one peer whose book holds three offers; nobody who would run anything. */
beforeAll(async () => {
  market = await startMarket()
  peer = await createNetwork({
    network: 'devnet',
    privateKey: randomBytes(32),
    transports: nodeTransports(),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    dht: 'server',
    allowPrivateAddresses: true
  })
  const domain = createSigningDomain(31337, market.alice.escrow)
  const nowSec = () => Math.floor(Date.now() / 1000)
  const book = createBook({ domain, recover: recoverNative, token: market.alice.token, nowSec })
  for (const [index, region] of ['us-east', 'eu-west', 'eu-west'].entries()) book.add(offer(index, region))
  await serveBook(peer, book)
  await peer.start()
})
afterAll(async () => {
  await peer.stop()
  await market.anvil.stop()
})

function offer(index: number, region: string): Uint8Array {
  const provider = createNativeSigner(new Uint8Array(32).fill(index + 1))
  const body: Offer = {
    provider: provider.address,
    owner: `0x${'00'.repeat(19)}0${index + 1}`,
    sequence: 1,
    expiresAt: Math.floor(Date.now() / 1000) + 600,
    token: market.alice.token,
    resources: { cpuMillis: 2500, memoryBytes: 2 ** 30, diskBytes: 2 ** 31 },
    runtimes: ['wasm'],
    isolation: 'basic',
    prices: {
      startup: 0n,
      cpuSec: (BigInt(3 - index) * MILLI) / HOUR,
      memGiBSec: MILLI / HOUR,
      terafuel: BigInt(3 - index) * MILLI
    },
    tickSec: 10,
    domains: { site: `site-${index}`, network: `as${index}`, region, grid: 'grid' },
    multiaddrs: ['/ip4/127.0.0.1/tcp/9'],
    version: '1.2.3\u001b[31m'
  }
  return encode(signedOfferType, sign(provider, createSigningDomain(31337, market.alice.escrow), offerType, body))
}

/** The folder of somebody who was given this network's descriptor. */
function visitor({ rpcUrl = market.anvil.url, bootstrap = addresses() } = {}): string {
  const home = temporaryFolder()
  const { escrow, token } = market.alice
  const descriptor = {
    name: 'devnet',
    chainId: 31337,
    rpcUrls: [rpcUrl],
    escrow,
    token,
    deployedAt: 0,
    bootstrap,
    allowPrivateAddresses: true
  }
  writeFileSync(join(home, 'network.json'), JSON.stringify(descriptor))
  return home
}
const addresses = (): string[] => peer.libp2p.getMultiaddrs().map(String)
/** A network folder is any folder with a descriptor in it. */
const at = (home: string) => ['--data-dir', home]

describe('offers ls', () => {
  test('lists them by region and price, without a wallet', async () => {
    const home = visitor()
    const { exitCode, stdout } = await runCli(['offers', 'ls', ...at(home)], { home })
    expect(exitCode).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(
      /^REGION +PROVIDER +OPERATOR +CPU +MEMORY +TOKENS\/H +TERAFUEL +ISOLATION +TICK +EXPIRES IN +VERSION$/
    )
    expect(lines.slice(1).map(line => line.split(/ +/)[0])).toEqual(['eu-west', 'eu-west', 'us-east'])
    expect(lines[1]).toMatch(
      /0x0{38}03 +2\.5 +1 GiB +0\.002 +0\.001 +basic +10 s +(?:9 m \d\d s|10 m 00 s) +1\.2\.3\\u001b\[31m$/
    )
  })

  test('answers programs with everything, to the last unit', async () => {
    const home = visitor()
    const { stdout } = await runCli(['offers', 'ls', '--region', 'us-east', '--json', ...at(home)], { home })
    const answer = JSON.parse(stdout)
    expect(answer).toMatchObject({
      schemaVersion: 1,
      seen: 3,
      offers: [{ domains: { region: 'us-east' }, tickSec: 10 }]
    })
    expect(answer.offers[0].pricePerHour).toBe(String(((3n * MILLI) / HOUR + MILLI / HOUR) * HOUR))
  })

  test('without any peer says so', async () => {
    const home = visitor({ bootstrap: [] })
    const result = await runCli(['offers', 'ls', ...at(home)], { home })
    expect(result).toMatchObject({ exitCode: 7, stdout: '', stderr: expect.stringMatching(/^error\[E_NO_PEERS\]/) })
  })
})

describe('a run that meets the network', () => {
  const RUN = ['run', '--wasm', 'program.wasm', '--replicas', '2', '--spread', 'region']

  async function buyer(place?: Parameters<typeof visitor>[0]): Promise<string> {
    const home = visitor(place)
    writeFileSync(join(home, 'program.wasm'), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
    await createDevnetKey(join(home, 'keystore'), 'default')
    return home
  }

  test('can be looked at before anything is run or paid', async () => {
    const home = await buyer()
    const dry = [...RUN, '--dry-run', '--max-price', '1', ...at(home)]
    const human = await runCli(dry, { home })
    expect(human).toMatchObject({ exitCode: 0, stderr: 'Nothing was run and nothing was paid.\n' })
    expect(human.stdout).toMatch(
      /^3 offers seen, 2 chosen\n {2}eu-west +0x.*\n {2}us-east +0x.*\n {2}at most .* tUSD in all, of 1 tUSD allowed\n$/
    )
    const json = JSON.parse((await runCli([...dry, '--json'], { home })).stdout)
    expect(json).toMatchObject({
      dryRun: true,
      placement: { seen: 3, chosen: [{ region: 'eu-west' }, { region: 'us-east' }] }
    })
  })

  test('under a ceiling below every offer says how many fell to it', async () => {
    const home = await buyer()
    const result = await runCli([...RUN, '--max-price', '0.000001', ...at(home)], { home })
    expect(result).toMatchObject({ exitCode: 8, stdout: '' })
    expect(result.stderr).toMatch(
      /^error\[E_NO_OFFERS\]: 0 of 2 replicas .*: 3 offers seen, 3 over the price ceiling\nhint: raise --max-price to 0\.000\d+\n$/
    )
  })

  test('whose operators are all away says so, and that nothing was paid', async () => {
    const home = await buyer()
    const result = await runCli([...RUN, '--max-price', '1', '--json', ...at(home)], { home })
    expect(result).toMatchObject({ exitCode: 125, stdout: '' })
    const { error } = JSON.parse(result.stderr.trimEnd().split('\n').at(-1)!)
    expect(error).toMatchObject({
      code: 'E_QUORUM_IMPOSSIBLE',
      facts: { money: { paid: '0', locked: '0', state: 'failed' } }
    })
  })

  test('without any peer says so', async () => {
    const home = await buyer({ bootstrap: [] })
    const result = await runCli([...RUN, '--max-price', '1', ...at(home)], { home })
    expect(result).toMatchObject({ exitCode: 7, stdout: '', stderr: expect.stringMatching(/^error\[E_NO_PEERS\]/) })
  })

  test('on the wrong chain says so', async () => {
    const other = await startAnvil(1)
    try {
      const home = await buyer({ rpcUrl: other.url })
      const result = await runCli([...RUN, '--max-price', '1', ...at(home)], { home })
      expect(result).toMatchObject({ exitCode: 11, stdout: '' })
      expect(result.stderr).toMatch(/^error\[E_WRONG_CHAIN\]: .*chain 1, not 31337/)
    } finally {
      await other.stop()
    }
  })
})
