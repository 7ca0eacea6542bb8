import {
  type Address,
  agreementOfHarm,
  createBondsDomain,
  createSigningDomain,
  encodeMeta,
  type Harm,
  type Hash,
  type Offer,
  type OfferEquivocation,
  offerType,
  type Receipt,
  type ReceiptEquivocation,
  receiptType,
  type Signer,
  type SigningDomain,
  sign,
  ZERO_ADDRESS,
  ZERO_HASH
} from '@archipel/protocol'
import { type Bonds, createBonds, deployContracts, mintTestTokens } from '../../../src/chain/index.ts'
import { type Anvil, devSigner, startAnvil } from '../anvil.ts'

export const TOKEN = 10n ** 18n
export const DAY_SEC = 86_400

/** A fresh chain with the contracts on it: olga owns the node `node` and has 1000 tokens, alice buys, rita reports. */
export interface BondsMarket {
  readonly anvil: Anvil
  readonly olga: Bonds
  readonly rita: Bonds
  readonly alice: Address
  readonly arbiter: Address
  readonly node: Signer
  readonly domain: SigningDomain
  readonly bondsDomain: SigningDomain
  as(signer?: Signer, changes?: { bonds?: Address; escrow?: Address }): Bonds
  /** Lets the chain's clock run. */
  wait(seconds: number): Promise<void>
  /** A bid of the node on a channel to olga, of alice's unless somebody else is named. */
  harm(priceMax: bigint, number?: number, payer?: Address): Harm
  /** Two receipts of the node for that agreement that state different amounts. */
  receipts(harm: Harm): ReceiptEquivocation
  offers(sequence: number): OfferEquivocation
}

export async function startBondsMarket(): Promise<BondsMarket> {
  const anvil = await startAnvil()
  const [deployer, owner, reporter, node] = [devSigner(0), devSigner(1), devSigner(2), devSigner(3)]
  const place = { rpcUrls: [anvil.url], chainId: anvil.chainId }
  const { escrow, token, bonds } = await deployContracts({ ...place, signer: deployer })
  await mintTestTokens({ ...place, signer: deployer, token, to: owner.address, amount: 1000n * TOKEN })
  const as = (signer?: Signer, changes = {}) => createBonds({ ...place, escrow, token, bonds, signer, ...changes })
  const domain = createSigningDomain(anvil.chainId, escrow)
  const alice: Address = `0x${'a1'.repeat(20)}`

  const receiptOf = (agreement: Hash, amount: bigint): Receipt => ({
    agreement,
    sequence: 3,
    kind: 1,
    result: ZERO_HASH,
    usage: { runMs: 1000, memoryBytes: 2, outputBytes: 3, fuel: 0 },
    amount,
    issuedAt: 1_900_000_000
  })
  const offerOf = (sequence: number, version: string): Offer => ({
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
    multiaddrs: ['/ip4/127.0.0.1/tcp/1'],
    version
  })

  return {
    anvil,
    olga: as(owner),
    rita: as(reporter),
    alice,
    arbiter: `0x${'a7'.repeat(20)}`,
    node,
    domain,
    bondsDomain: createBondsDomain(anvil.chainId, bonds),
    as,
    async wait(seconds) {
      await anvil.request('evm_increaseTime', [seconds])
      await anvil.request('evm_mine')
    },
    harm(priceMax, number = 0, payer = alice) {
      const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: 3600, salt: BigInt(number) })
      const bid = { startup: 1n, rate: 2n, priceMax, tickSec: 60, expiresAt: 1_900_000_000 }
      return {
        bid: { demand: ZERO_HASH, provider: node.address, payee: owner.address, ...bid },
        channel: { payer, payee: owner.address, token, arbiter: ZERO_ADDRESS, meta }
      }
    },
    receipts(harm) {
      const agreement = agreementOfHarm(harm, domain)
      const [first, second] = [5n, 6n].map(amount => sign(node, domain, receiptType, receiptOf(agreement, amount)))
      return { kind: 'receipts', key: node.address, first: first!, second: second! }
    },
    offers(sequence) {
      const [first, second] = ['1', '2'].map(version => sign(node, domain, offerType, offerOf(sequence, version)))
      return { kind: 'offers', first: first!, second: second! }
    }
  }
}
