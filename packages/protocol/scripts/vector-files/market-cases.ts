import type { Agreement, Bid, Demand, Offer } from '../../src/index.ts'
import { ZERO_ADDRESS, ZERO_HASH } from '../../src/index.ts'
import {
  buyer,
  MAX_ADDRESS,
  MAX_HASH,
  owner,
  provider,
  testCid,
  testHash,
  token,
  UINT32_MAX,
  UINT64_MAX,
  UINT128_MAX
} from './keys.ts'

/** Named values of one noun. */
export type Cases<T> = Readonly<Record<string, T>>

const plainOffer: Offer = {
  provider: provider.address,
  owner,
  sequence: 7,
  expiresAt: 1_900_000_000,
  token,
  resources: { cpuMillis: 4000, memoryBytes: 8 * 2 ** 30, diskBytes: 20 * 2 ** 30 },
  runtimes: ['wasm'],
  isolation: 'basic',
  prices: { startup: 1_000n, cpuSec: 25_000n, memGiBSec: 4_000n, terafuel: 4_000n },
  tickSec: 60,
  domains: { site: 'cellar', network: 'AS64500', region: 'eu-north', grid: 'nordic' },
  multiaddrs: ['/ip4/203.0.113.7/tcp/4001', '/dns4/example.net/tcp/443/wss'],
  version: '0.1.0'
}

export const offers: Cases<Offer> = {
  plain: plainOffer,
  'zeros and empty lists': {
    provider: provider.address,
    owner: ZERO_ADDRESS,
    sequence: 0,
    expiresAt: 0,
    token: ZERO_ADDRESS,
    resources: { cpuMillis: 0, memoryBytes: 0, diskBytes: 0 },
    runtimes: [],
    isolation: '',
    prices: { startup: 0n, cpuSec: 0n, memGiBSec: 0n, terafuel: 0n },
    tickSec: 0,
    domains: { site: '', network: '', region: '', grid: '' },
    multiaddrs: [],
    version: ''
  },
  'every field at its bound': {
    provider: provider.address,
    owner: MAX_ADDRESS,
    sequence: UINT64_MAX,
    expiresAt: UINT64_MAX,
    token: MAX_ADDRESS,
    resources: { cpuMillis: UINT32_MAX, memoryBytes: UINT64_MAX, diskBytes: UINT64_MAX },
    runtimes: Array.from({ length: 8 }, (_, i) => String(i).repeat(64)),
    isolation: 'i'.repeat(64),
    prices: { startup: UINT128_MAX, cpuSec: UINT128_MAX, memGiBSec: UINT128_MAX, terafuel: UINT128_MAX },
    tickSec: UINT32_MAX,
    domains: { site: 's'.repeat(64), network: 'n'.repeat(64), region: 'r'.repeat(64), grid: 'g'.repeat(64) },
    multiaddrs: Array.from({ length: 8 }, (_, i) => String(i).repeat(320)),
    version: 'v'.repeat(64)
  },
  unicode: {
    ...plainOffer,
    runtimes: ['wasm', 'ωasm', ''],
    isolation: 'härtest',
    domains: { site: 'Kjøkken', network: 'сеть', region: '北海道', grid: '⚡🏝️' },
    version: '1.0.0+é\u0301'
  }
}

const plainDemand: Demand = {
  buyer: buyer.address,
  job: testHash('job'),
  workload: {
    runtime: 'wasm',
    program: testCid('program'),
    args: ['esbuild', '--bundle', '/in/index.js', '--outfile=/out/bundle.js'],
    env: ['LANG=C', 'TZ=UTC'],
    input: testCid('input')
  },
  resources: { cpuMillis: 1000, memoryBytes: 512 * 2 ** 20, diskBytes: 2 ** 30 },
  durationSec: 600,
  fuel: 2_400_000_000_000,
  token,
  priceMax: 20_000_000n,
  deadline: 1_900_000_600
}

export const demands: Cases<Demand> = {
  plain: plainDemand,
  'zeros and empty lists': {
    buyer: buyer.address,
    job: ZERO_HASH,
    workload: { runtime: '', program: new Uint8Array(0), args: [], env: [], input: new Uint8Array(0) },
    resources: { cpuMillis: 0, memoryBytes: 0, diskBytes: 0 },
    durationSec: 0,
    fuel: 0,
    token: ZERO_ADDRESS,
    priceMax: 0n,
    deadline: 0
  },
  'largest numbers, lists and texts past the short forms of CBOR': {
    buyer: buyer.address,
    job: MAX_HASH,
    workload: {
      runtime: 'r'.repeat(64),
      program: new Uint8Array(64).fill(0xff),
      args: [...Array.from({ length: 23 }, (_, i) => `${i}`), 'a'.repeat(23), 'b'.repeat(24), 'c'.repeat(256)],
      env: Array.from({ length: 24 }, (_, i) => `K${i}=`),
      input: new Uint8Array(64)
    },
    resources: { cpuMillis: UINT32_MAX, memoryBytes: UINT64_MAX, diskBytes: UINT64_MAX },
    durationSec: UINT32_MAX,
    fuel: UINT64_MAX,
    token: MAX_ADDRESS,
    priceMax: UINT128_MAX,
    deadline: UINT64_MAX
  },
  unicode: {
    ...plainDemand,
    workload: { ...plainDemand.workload, args: ['héllo', '🏝️', '\u0000\u007f\uffff', ''], env: ['ÄÖ=Ü'] }
  }
}

const plainBid: Bid = {
  demand: testHash('demand'),
  provider: provider.address,
  payee: owner,
  startup: 1_000n,
  rate: 27_000n,
  priceMax: 16_201_000n,
  tickSec: 60,
  expiresAt: 1_900_000_060
}

export const bids: Cases<Bid> = {
  plain: plainBid,
  zeros: {
    demand: ZERO_HASH,
    provider: provider.address,
    payee: ZERO_ADDRESS,
    startup: 0n,
    rate: 0n,
    priceMax: 0n,
    tickSec: 0,
    expiresAt: 0
  },
  'largest numbers': {
    demand: MAX_HASH,
    provider: provider.address,
    payee: MAX_ADDRESS,
    startup: UINT128_MAX,
    rate: UINT128_MAX,
    priceMax: UINT128_MAX,
    tickSec: UINT32_MAX,
    expiresAt: UINT64_MAX
  }
}

export const agreements: Cases<Agreement> = {
  plain: { demand: testHash('demand'), bid: testHash('bid'), channel: testHash('channel') },
  zeros: { demand: ZERO_HASH, bid: ZERO_HASH, channel: ZERO_HASH },
  'largest numbers': { demand: MAX_HASH, bid: MAX_HASH, channel: MAX_HASH }
}
