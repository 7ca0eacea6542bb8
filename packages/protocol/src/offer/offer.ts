import { LABEL_BYTES_MAX, MULTIADDR_BYTES_MAX, MULTIADDRS_MAX, RUNTIMES_MAX } from '../limits.ts'
import { address, type Infer, list, struct, text, uint, wei } from '../schema/index.ts'

/** Capacity of a machine or need of a job. */
export const resourcesType = struct('Resources', {
  /** Thousandths of a processor core. */
  cpuMillis: uint(32),
  memoryBytes: uint(64),
  diskBytes: uint(64)
})
export type Resources = Infer<typeof resourcesType>

/** What a provider asks, in smallest token units. */
export const pricesType = struct('Prices', {
  /** Once per job. */
  startup: wei,
  /** Per second of one whole core (1000 cpuMillis). */
  cpuSec: wei,
  /** Per second of one GiB of memory; to a job that is paid by fuel, `FUEL_PER_SEC` of it is a second. */
  memGiBSec: wei,
  /** Per 10¹² of fuel on one whole core. */
  terafuel: wei
})
export type Prices = Infer<typeof pricesType>

/** Failure domains the provider says it sits in. Claims until evidence is collected; the operator is `Offer.owner`. */
export const domainsType = struct('Domains', {
  site: text(LABEL_BYTES_MAX),
  network: text(LABEL_BYTES_MAX),
  region: text(LABEL_BYTES_MAX),
  grid: text(LABEL_BYTES_MAX)
})
export type Domains = Infer<typeof domainsType>

/** A provider's signed, expiring advertisement of capacity, price and failure domains. */
export const offerType = struct('Offer', {
  /** The node key's address; the signature yields its public key and so its PeerId. */
  provider: address(),
  /** The operator: payout address. Offers with one owner are one operator. */
  owner: address(),
  /** Grows with every Offer of this provider; the newest wins. */
  sequence: uint(64),
  expiresAt: uint(64),
  /** The ERC-20 the prices are in. */
  token: address(),
  resources: resourcesType,
  runtimes: list(text(LABEL_BYTES_MAX), RUNTIMES_MAX),
  /** How well programs are confined, in one word: that of the runtime where they are confined least. */
  isolation: text(LABEL_BYTES_MAX),
  prices: pricesType,
  /** The provider works this long on credit between payments. */
  tickSec: uint(32),
  domains: domainsType,
  multiaddrs: list(text(MULTIADDR_BYTES_MAX), MULTIADDRS_MAX),
  /** Software version: a failure domain too. */
  version: text(LABEL_BYTES_MAX)
})
export type Offer = Infer<typeof offerType>
