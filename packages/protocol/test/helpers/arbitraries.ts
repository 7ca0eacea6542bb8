import fc, { type Arbitrary } from 'fast-check'
import {
  type Address,
  type Agreement,
  type Bid,
  type ChannelKey,
  type Cheque,
  CID_BYTES_MAX,
  type Credential,
  type Demand,
  type Hash,
  type KeyCompromise,
  type KeyPossession,
  LABEL_BYTES_MAX,
  type Offer,
  type Opening,
  type Receipt,
  type Resources,
  type Result,
  type ServiceTerms,
  toHex,
  type UptimeTally,
  type Voucher,
  WITNESSES_MAX,
  type Withdrawal
} from '../../src/index.ts'

const hexOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(toHex)

export const addresses: Arbitrary<Address> = hexOf(20)
export const hashes: Arbitrary<Hash> = hexOf(32)
/** Unsigned integers of a width, its bounds more often than chance would give. */
export const uints = (bits: 8 | 16 | 32 | 64): Arbitrary<number> =>
  fc.maxSafeNat().map(value => (bits === 64 ? value : value % 2 ** bits))
export const weis: Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
  fc.constantFrom(0n, 1n, 255n, 256n, 2n ** 64n, 2n ** 128n - 1n)
)
/** Text of any characters that fits `bytesMax` and can be sent: no byte order mark in front. */
export const texts = (bytesMax: number): Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength: Math.floor(bytesMax / 4) }).map(value => value.replace(/^\ufeff+/, ''))
export const labels = texts(LABEL_BYTES_MAX)
export const byteStrings = (bytesMax: number): Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: bytesMax })
const cids = byteStrings(CID_BYTES_MAX)

const resources: Arbitrary<Resources> = fc.record({
  cpuMillis: uints(32),
  memoryBytes: uints(64),
  diskBytes: uints(64)
})

export const offers: Arbitrary<Offer> = fc.record({
  provider: addresses,
  owner: addresses,
  sequence: uints(64),
  expiresAt: uints(64),
  token: addresses,
  resources,
  runtimes: fc.array(labels, { maxLength: 8 }),
  isolation: labels,
  prices: fc.record({ startup: weis, cpuSec: weis, memGiBSec: weis, terafuel: weis }),
  tickSec: uints(32),
  domains: fc.record({ site: labels, network: labels, region: labels, grid: labels }),
  multiaddrs: fc.array(texts(320), { maxLength: 8 }),
  version: labels
})

export const demands: Arbitrary<Demand> = fc.record({
  buyer: addresses,
  job: hashes,
  workload: fc.record({
    runtime: labels,
    program: cids,
    args: fc.array(texts(600), { maxLength: 40 }),
    env: fc.array(texts(100), { maxLength: 30 }),
    input: cids
  }),
  resources,
  durationSec: uints(32),
  fuel: uints(64),
  token: addresses,
  priceMax: weis,
  deadline: uints(64)
})

export const bids: Arbitrary<Bid> = fc.record({
  demand: hashes,
  provider: addresses,
  payee: addresses,
  startup: weis,
  rate: weis,
  priceMax: weis,
  tickSec: uints(32),
  expiresAt: uints(64)
})

export const agreements: Arbitrary<Agreement> = fc.record({ demand: hashes, bid: hashes, channel: hashes })

export const receipts: Arbitrary<Receipt> = fc.record({
  agreement: hashes,
  sequence: uints(32),
  kind: uints(8),
  result: hashes,
  usage: fc.record({ runMs: uints(64), memoryBytes: uints(64), outputBytes: uints(64), fuel: uints(64) }),
  amount: weis,
  issuedAt: uints(64)
})

export const results: Arbitrary<Result> = fc.record({ exitCode: uints(32), stdout: cids, output: cids })

export const vouchers: Arbitrary<Voucher> = fc.record({ channel: hashes, cumulative: weis, commitment: hashes })

export const channelKeys: Arbitrary<ChannelKey> = fc.record({
  payer: addresses,
  payee: addresses,
  token: addresses,
  arbiter: addresses,
  meta: hashes
})

export const cheques: Arbitrary<Cheque> = fc.record({
  payer: addresses,
  payee: addresses,
  token: addresses,
  nonce: uints(64),
  amount: weis,
  expiresAt: uints(64)
})

export const openings: Arbitrary<Opening> = fc.record({
  channel: channelKeys,
  amount: weis,
  fee: weis,
  nonce: uints(64),
  expiresAt: uints(64)
})

export const withdrawals: Arbitrary<Withdrawal> = fc.record({
  account: addresses,
  token: addresses,
  to: addresses,
  amount: weis,
  fee: weis,
  nonce: uints(64),
  expiresAt: uints(64)
})

export const credentials: Arbitrary<Credential> = fc.record({
  issuer: addresses,
  subject: addresses,
  schema: hashes,
  claims: hashes,
  issuedAt: uints(64),
  expiresAt: uints(64),
  index: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.constantFrom(0n, 255n, 256n, 2n ** 256n - 1n))
})

export const keyCompromises: Arbitrary<KeyCompromise> = fc.record({ issuer: addresses, since: uints(64) })
export const keyPossessions: Arbitrary<KeyPossession> = fc.record({ key: addresses, owner: addresses })

export const serviceTerms: Arbitrary<ServiceTerms> = fc.record({
  deployment: hashes,
  slot: uints(32),
  provider: addresses,
  payee: addresses,
  token: addresses,
  channel: hashes,
  witnesses: fc.array(addresses, { maxLength: WITNESSES_MAX }),
  quorum: uints(8),
  startsAt: uints(64),
  intervalSec: uints(32),
  intervalsMax: uints(32),
  pricePerInterval: weis,
  creditPerInterval: weis
})

export const uptimeTallies: Arbitrary<UptimeTally> = fc.record({
  terms: hashes,
  epoch: uints(64),
  up: uints(32),
  down: uints(32),
  through: uints(32)
})
