import { join } from 'node:path'
import { type Chain, type Client, createChain, type JobSpec, type NetworkDescriptor } from '@archipel/client'
import { createNativeSigner, createNodeClient } from '@archipel/client/node'
import { createDevnet, DEFAULT_PROVIDERS, type DevnetProvider, openWallet } from 'archipel'
import { NOOP } from './noop.ts'

/** One provider process, one chain, one warm buyer: what every measurement starts from. */
export interface Bench {
  readonly client: Client
  readonly chain: Chain
  readonly descriptor: NetworkDescriptor
  readonly provider: DevnetProvider
  /** A job that does nothing: what is measured is everything around it. */
  readonly noop: JobSpec
  readonly log: (line: string) => void
  /** Where everything goes that the measurements leave behind. */
  readonly dir: string
  stop(): Promise<void>
}

const WHOLE_TOKEN = 10n ** 18n

export async function createBench(dir: string, log: (line: string) => void): Promise<Bench> {
  log('starting a chain and one provider process …')
  // A queue for cores would be all that is measured: the provider sells twice as many as there are jobs in flight.
  const [first] = DEFAULT_PROVIDERS
  if (first === undefined) throw new Error('a devnet has providers')
  const devnet = createDevnet({
    dir,
    providers: [{ ...first, resources: { cpus: 128, memory: '64GiB', disk: '64GiB' } }]
  })
  const { descriptor, providers } = await devnet.up()
  const [provider] = providers
  const { privateKey } = await openWallet(join(dir, 'keystore'), 'default', { passwordFile: undefined, ask: undefined })
  const client = await createNodeClient({
    descriptor,
    privateKey,
    dataDir: join(dir, 'bench-buyer'),
    channelPolicy: { depositMin: WHOLE_TOKEN }
  })
  await client.start()
  const chain = createChain({ ...descriptor, signer: createNativeSigner(privateKey) })
  return {
    client,
    chain,
    descriptor,
    provider: provider as DevnetProvider,
    log,
    dir,
    noop: {
      program: NOOP,
      args: ['noop'],
      resources: { cpuMillis: 100, memoryBytes: 2 ** 24, diskBytes: 2 ** 20 },
      durationSec: 10,
      priceMax: WHOLE_TOKEN / 1000n,
      deadline: Math.floor(Date.now() / 1000) + 3600,
      replicas: 1,
      quorum: 1,
      spread: 'operator'
    },
    async stop() {
      await client.stop()
      await devnet.down()
    }
  }
}
