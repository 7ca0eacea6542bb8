import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  type Bonds,
  createBonds,
  type Deployment,
  deployContracts,
  mintTestTokens,
  type NetworkDescriptor
} from '@archipel/client'
import { createNativeSigner } from '@archipel/client/node'
import { createSigningDomain, type Offer, type OfferEquivocation, offerType, sign } from '@archipel/protocol'
import { type Anvil, devSigner, startAnvil } from '../../../client/test/chain/anvil.ts'
import { createDevnetKey } from '../../src/devnet/keys.ts'
import type { KeyPair } from '../../src/wallet/keystore.ts'
import { networkRoot } from './fixtures.ts'
import { runCli, temporaryFolder } from './run-cli.ts'

export const WHOLE = 10n ** 18n
/** Many runs of the command, each a process of its own. */
export const BOND_TIMEOUT_MS = 180_000
export const DELAY_SEC = 30 * 86_400

export interface Operator {
  readonly home: string
  readonly owner: KeyPair
  readonly node: KeyPair
  /** The owner's view of Bonds, for what the command line does not do. */
  readonly bonds: Bonds
  cli(...args: string[]): ReturnType<typeof runCli>
  json(...args: string[]): Promise<Record<string, unknown>>
}

export interface OperatorInit {
  /** In its wallet. Default 100 tokens. */
  tokens?: bigint
  withBonds?: boolean
}

/** A chain with the contracts, for operators and their bonds. */
export interface BondNetwork {
  readonly anvil: Anvil
  readonly deployment: Deployment
  readonly place: { rpcUrls: string[]; chainId: number }
  readonly descriptor: NetworkDescriptor
  /** An operator with a node on this computer. */
  createOperator(init?: OperatorInit): Promise<Operator>
  /** Lets the chain's clock run. */
  wait(seconds: number): Promise<void>
  /** Two offers of an operator's node with one sequence. */
  offersOf(operator: Operator, sequence?: number): OfferEquivocation
}

export async function startBondNetwork(): Promise<BondNetwork> {
  const anvil = await startAnvil()
  const place = { rpcUrls: [anvil.url], chainId: anvil.chainId }
  const deployment = await deployContracts({ ...place, signer: devSigner(0) })
  const { token } = deployment
  const descriptor = { name: 'devnet', ...place, ...deployment, bootstrap: [], allowPrivateAddresses: true }

  const offerOf = ({ node, owner }: Operator, sequence: number, version: string): Offer => ({
    provider: node.address,
    owner: owner.address,
    sequence,
    expiresAt: 1_900_000_000,
    token,
    resources: { cpuMillis: 1000, memoryBytes: 1, diskBytes: 1 },
    runtimes: ['wasm'],
    isolation: 'basic',
    prices: { startup: 1n, cpuSec: 2n, memGiBSec: 3n, terafuel: 3n },
    tickSec: 60,
    domains: { site: 's', network: 'n', region: 'r', grid: 'g' },
    multiaddrs: [],
    version
  })

  return {
    anvil,
    deployment,
    place,
    descriptor,
    async createOperator({ tokens = 100n * WHOLE, withBonds = true } = {}) {
      const home = temporaryFolder()
      const keystore = join(networkRoot(home), 'keystore')
      const [owner, node] = [await createDevnetKey(keystore, 'default'), await createDevnetKey(keystore, 'node')]
      const { bonds, ...rest } = descriptor
      const file = join(networkRoot(home), 'network.json')
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, JSON.stringify(withBonds ? { ...rest, bonds } : rest))
      for (const { address } of [owner, node]) {
        await anvil.request('anvil_setBalance', [address, `0x${(100n * WHOLE).toString(16)}`])
      }
      await mintTestTokens({ ...place, signer: devSigner(0), token, to: owner.address, amount: tokens })
      const cli = (...args: string[]) => runCli(['bond', ...args], { home })
      return {
        home,
        owner,
        node,
        bonds: createBonds({ ...place, ...deployment, signer: createNativeSigner(owner.privateKey) }),
        cli,
        async json(...args) {
          const { exitCode, stdout, stderr } = await cli(...args, '--json')
          if (exitCode !== 0) throw new Error(`bond ${args.join(' ')} ended with ${exitCode}: ${stderr}`)
          return JSON.parse(stdout)
        }
      }
    },
    async wait(seconds) {
      await anvil.request('evm_increaseTime', [seconds])
      await anvil.request('evm_mine')
    },
    offersOf(operator, sequence = 1) {
      const key = createNativeSigner(operator.node.privateKey)
      const domain = createSigningDomain(anvil.chainId, deployment.escrow)
      const [first, second] = ['1', '2'].map(text => sign(key, domain, offerType, offerOf(operator, sequence, text)))
      return { kind: 'offers', first: first!, second: second! }
    }
  }
}
