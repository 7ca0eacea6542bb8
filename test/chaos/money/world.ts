import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Address, toHex } from '@archipel/protocol'
import { createTestNetwork, type TestNetwork } from '../../fixtures/create-network.ts'
import { keyOf } from '../../fixtures/keys.ts'
import type { BuyerOrders, ProviderOrders } from './orders.ts'
import { startVictim, type Victim } from './victim.ts'

/** A chain, and what it takes to start one provider and one buyer on it, over and over. */
export interface MoneyWorld {
  readonly network: TestNetwork
  readonly owner: Address
  readonly buyer: Address
  readonly providerDir: string
  readonly buyerDir: string
  startProvider(failpoint?: string): Victim
  startBuyer(rounds: number, failpoint?: string): Victim
  stop(): Promise<void>
}

export async function createMoneyWorld(): Promise<MoneyWorld> {
  const network = await createTestNetwork()
  const provider = keyOf('the provider that is killed')
  const owner = keyOf('its owner').signer.address
  const buyer = await network.addBuyer({ name: 'the-buyer', start: false })
  await buyer.stop()
  await network.rpc('anvil_setBalance', [provider.signer.address, '0x56bc75e2d63100000'])
  const port = await freePort()
  const providerDir = join(network.dir, 'the-provider')
  const descriptor = { ...network.descriptor, bootstrap: [`/ip4/127.0.0.1/tcp/${port}`] }
  const providerOrders: ProviderOrders = {
    descriptor: { ...network.descriptor, bootstrap: [] },
    privateKey: toHex(provider.privateKey),
    dataDir: providerDir,
    owner,
    port
  }
  const buyerOrders: Omit<BuyerOrders, 'rounds'> = {
    descriptor,
    privateKey: toHex(buyer.privateKey),
    dataDir: buyer.dataDir
  }
  const started: Victim[] = []
  const keep = (victim: Victim): Victim => {
    started.push(victim)
    return victim
  }
  return {
    network,
    owner,
    buyer: buyer.address,
    providerDir,
    buyerDir: buyer.dataDir,
    startProvider: failpoint => keep(startVictim('provider-process', providerOrders, failpoint)),
    startBuyer: (rounds, failpoint) =>
      keep(startVictim('buyer-process', { ...buyerOrders, rounds } as BuyerOrders, failpoint)),
    async stop() {
      for (const victim of started) await victim.kill()
      await network.stop()
    }
  }
}

/** A port that nobody listens on: a provider that comes back has to be where it was. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
