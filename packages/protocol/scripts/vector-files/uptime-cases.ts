import { keccak, NEW_SERVICE, type ServiceTerms, type UptimeTally, worthOf, ZERO_HASH } from '../../src/index.ts'
import {
  MAX_ADDRESS,
  MAX_HASH,
  owner,
  provider,
  testAddress,
  testHash,
  token,
  UINT32_MAX,
  UINT64_MAX,
  UINT128_MAX
} from './keys.ts'
import type { Cases } from './market-cases.ts'

const plainTerms: ServiceTerms = {
  deployment: testHash('deployment'),
  slot: 2,
  provider: provider.address,
  payee: owner,
  token,
  channel: testHash('channel'),
  witnesses: ['a', 'b', 'c', 'd', 'e'].map(name => testAddress(`witness ${name}`)).sort(),
  quorum: 3,
  startsAt: 1_800_000_000,
  intervalSec: 60,
  intervalsMax: 43_200,
  pricePerInterval: 1_250n,
  creditPerInterval: 5_000n
}

export const serviceTerms: Cases<ServiceTerms> = {
  plain: plainTerms,
  'one witness': { ...plainTerms, witnesses: plainTerms.witnesses.slice(0, 1), quorum: 1 },
  zeros: {
    deployment: ZERO_HASH,
    slot: 0,
    provider: provider.address,
    payee: `0x${'00'.repeat(20)}`,
    token: `0x${'00'.repeat(20)}`,
    channel: ZERO_HASH,
    witnesses: [],
    quorum: 0,
    startsAt: 0,
    intervalSec: 0,
    intervalsMax: 0,
    pricePerInterval: 0n,
    creditPerInterval: 0n
  },
  'largest numbers': {
    deployment: MAX_HASH,
    slot: UINT32_MAX,
    provider: provider.address,
    payee: MAX_ADDRESS,
    token: MAX_ADDRESS,
    channel: MAX_HASH,
    witnesses: Array.from({ length: 31 }, () => MAX_ADDRESS),
    quorum: 255,
    startsAt: UINT64_MAX,
    intervalSec: UINT32_MAX,
    intervalsMax: UINT32_MAX,
    pricePerInterval: UINT128_MAX,
    creditPerInterval: UINT128_MAX
  }
}

export const uptimeTallies: Cases<UptimeTally> = {
  plain: { terms: testHash('terms'), epoch: 4, up: 1_200, down: 3, through: 1_204 },
  zeros: { terms: ZERO_HASH, epoch: 0, up: 0, down: 0, through: 0 },
  'largest numbers': { terms: MAX_HASH, epoch: UINT64_MAX, up: UINT32_MAX, down: UINT32_MAX, through: UINT32_MAX }
}

/** What some witnesses say, and what redeeming and crediting it then pays, in either order. */
export interface WorthCase {
  readonly elapsed: number
  readonly price: number
  readonly credit: number
  readonly quorum: number
  readonly witnesses: number
  /** Places in the list of those who speak, ascending; what each of them says is at the same place of the lists below. */
  readonly speakers: readonly number[]
  readonly ups: readonly number[]
  readonly downs: readonly number[]
  readonly throughs: readonly number[]
  readonly up: number
  readonly down: number
  readonly redeemedFirst: bigint
  readonly creditedThen: bigint
  readonly creditedFirst: bigint
  readonly redeemedThen: bigint
}

const WORTH_CASES = 96

/** Anything that witnesses may say, honest or not. */
export const worths: Cases<WorthCase> = Object.fromEntries(
  Array.from({ length: WORTH_CASES }, (_, i) => [`case ${i}`, worthCase(i)])
)

function worthCase(seed: number): WorthCase {
  let count = 0
  const dice = (sides: number): number => {
    const bytes = keccak(new TextEncoder().encode(`archipel vector worth: ${seed} ${count++}`))
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) % sides
  }
  const witnesses = 1 + dice(7)
  const majority = Math.floor(witnesses / 2) + 1
  const quorum = majority + dice(witnesses - majority + 1)
  const elapsed = dice(4) === 0 ? dice(3) : dice(1_000)
  const [price, credit] = [dice(5) === 0 ? 0 : dice(100), dice(5) === 0 ? 0 : dice(100)]
  // A quorum at least, and now and then more.
  const order = Array.from({ length: witnesses }, (_, place) => ({ place, at: dice(2 ** 30) }))
  const speakers = order
    .sort((a, b) => a.at - b.at)
    .slice(0, quorum + dice(witnesses - quorum + 1))
    .map(({ place }) => place)
    .sort((a, b) => a - b)
  const tallies = speakers.map(() => {
    const through = elapsed === 0 ? 0 : elapsed - dice(Math.min(elapsed, 3))
    const up = dice(3) === 0 ? through : dice(through + 1)
    return { up, down: dice(2) === 0 ? through - up : dice(through - up + 1), through }
  })
  const terms = { quorum, pricePerInterval: BigInt(price), creditPerInterval: BigInt(credit) }
  const { up, down, toRedeem, toCredit } = worthOf(terms, tallies, elapsed)
  return {
    elapsed,
    price,
    credit,
    quorum,
    witnesses,
    speakers,
    ups: tallies.map(tally => tally.up),
    downs: tallies.map(tally => tally.down),
    throughs: tallies.map(tally => tally.through),
    up,
    down,
    redeemedFirst: toRedeem,
    creditedThen: worthOf(terms, tallies, elapsed, { ...NEW_SERVICE, redeemed: toRedeem }).toCredit,
    creditedFirst: toCredit,
    redeemedThen: worthOf(terms, tallies, elapsed, { ...NEW_SERVICE, credited: toCredit }).toRedeem
  }
}
