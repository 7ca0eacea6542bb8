import type { Offer, VerifiedOffer } from '@archipel/protocol'
import { describe, expect, test } from 'vitest'
import { planJob, planLines } from '../../src/cli/run/placement.ts'
import type { JobTerms } from '../../src/cli/run/spec.ts'

const TOKEN = `0x${'70'.repeat(20)}` as const
const NOW_SEC = 1_800_000_000
const GIB = 2 ** 30

function offer(index: number, region: string, cpuSec: bigint): VerifiedOffer {
  const address = (prefix: string) => `0x${prefix}${String(index).padStart(38, '0')}` as const
  const body: Offer = {
    provider: address('aa'),
    owner: address('bb'),
    sequence: 1,
    expiresAt: NOW_SEC + 60,
    token: TOKEN,
    resources: { cpuMillis: 4000, memoryBytes: 4 * GIB, diskBytes: 4 * GIB },
    runtimes: ['wasm'],
    isolation: 'basic',
    prices: { startup: 0n, cpuSec, memGiBSec: 0n, terafuel: 0n },
    tickSec: 10,
    domains: { site: `site-${index}`, network: `as${index}`, region, grid: region },
    multiaddrs: [],
    version: '0.1.0'
  }
  return { offer: { body, signature: new Uint8Array(64) }, publicKey: new Uint8Array(33) }
}

const TERMS: JobTerms = {
  args: ['x'],
  env: [],
  resources: { cpuMillis: 1000, memoryBytes: GIB, diskBytes: GIB },
  durationSec: 10,
  fuel: 0,
  priceMax: 3n * 10n ** 16n,
  deadlineSec: 600,
  replicas: 2,
  quorum: 2,
  spread: 'region',
  regions: []
}
const MILLI = 10n ** 15n
const OFFERS = [offer(1, 'eu', MILLI), offer(2, 'eu', MILLI / 2n), offer(3, 'us', MILLI), offer(4, 'us', 9n * MILLI)]

describe('the plan of a job', () => {
  test('names the cheapest operators apart and what they cost at most', () => {
    const plan = planJob(OFFERS, TERMS, TOKEN, NOW_SEC)
    expect(plan.chosen.map(({ region, priceMax }) => [region, priceMax])).toEqual([
      ['eu', 5n * MILLI],
      ['us', 10n * MILLI]
    ])
    expect(plan).toMatchObject({ seen: 4, rejected: { price: 1 }, priceMax: 15n * MILLI, ceiling: 30n * MILLI })
    expect(planLines(plan, 'tUSD')).toEqual([
      '4 offers seen, 1 over the price ceiling, 2 chosen',
      '  eu  0xaa00000000000000000000000000000000000002  at most 0.005 tUSD',
      '  us  0xaa00000000000000000000000000000000000003  at most 0.01 tUSD',
      '  at most 0.015 tUSD in all, of 0.03 tUSD allowed'
    ])
  })

  test('under a ceiling below every offer says how many fell to it, and what to type instead', () => {
    const cheap = { ...TERMS, priceMax: MILLI }
    expect(() => planJob(OFFERS, cheap, TOKEN, NOW_SEC)).toThrow(
      expect.objectContaining({
        code: 'E_NO_OFFERS',
        message: '0 of 2 replicas can be placed: 4 offers seen, 4 over the price ceiling',
        hint: 'raise --max-price to 0.02',
        facts: expect.objectContaining({ rejected: { price: 4 }, seen: 4 })
      })
    )
  })

  test('that fails for another reason keeps the hint about that', () => {
    const elsewhere = { ...TERMS, regions: ['mars'] }
    expect(() => planJob(OFFERS, elsewhere, TOKEN, NOW_SEC)).toThrow(
      expect.objectContaining({ code: 'E_NO_OFFERS', hint: 'widen the regions' })
    )
    const wide = { ...TERMS, replicas: 3, priceMax: 10n ** 18n }
    expect(() => planJob(OFFERS, wide, TOKEN, NOW_SEC)).toThrow(/2 in the same region/)
  })
})
