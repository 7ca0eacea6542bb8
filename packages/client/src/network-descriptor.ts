import type { Address } from '@archipel/protocol'

/** What anybody needs to take part in one Archipel network: its chain, its contracts, and a few peers to begin with. */
export interface NetworkDescriptor {
  /** Part of every protocol id and topic, e.g. `devnet`. */
  readonly name: string
  readonly chainId: number
  /** JSON-RPC endpoints. With one, it is believed; with more, two must agree on what money depends on. */
  readonly rpcUrls: readonly string[]
  /** The Escrow contract. */
  readonly escrow: Address
  /** The Bonds contract; without it nobody's word is backed by collateral. */
  readonly bonds?: Address | undefined
  /** The Uptime contract; without it services are paid for by buyers that are there. */
  readonly uptime?: Address | undefined
  /** The Credentials contract; without it credentials cannot be taken back. */
  readonly credentials?: Address | undefined
  /** The Court contract; without it nobody judges what a buyer and a provider disagree on. */
  readonly court?: Address | undefined
  /** The ERC-20 that prices are in. */
  readonly token: Address
  /** Block the escrow was deployed in: auditors read events from here. */
  readonly deployedAt: number
  /** Blocks, its own included, that a transaction must lie under to count as mined; 1 if left out. */
  readonly confirmations?: number | undefined
  /** Seconds; endpoints whose newest block is older are not asked. Left out for chains that make blocks on demand. */
  readonly headAgeSecMax?: number | undefined
  /** Topics that offers are gossiped on, by their regions; 1 if left out. The same for all: who has another number hears others. */
  readonly offerShards?: number | undefined
  /** Offers of keys without a bond are taken and passed on, too: closed networks and devnets only. */
  readonly unbondedOffers?: boolean | undefined
  /** Literal multiaddrs with peer ids; no DNS needed. */
  readonly bootstrap: readonly string[]
  /** Addresses of this machine and private networks count as reachable: devnets and closed networks only. */
  readonly allowPrivateAddresses: boolean
}
