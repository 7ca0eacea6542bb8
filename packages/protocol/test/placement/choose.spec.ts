import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testAddress, token } from '../../scripts/vector-files/keys.ts'
import {
  type ChooseInit,
  type CodedError,
  chooseOffers,
  domainOf,
  type Offer,
  quote,
  rejectionOf,
  SPREADS,
  type Spread,
  type VerifiedOffer
} from '../../src/index.ts'
import { check, codeOf } from '../helpers/check.ts'
import { demandOf, NOW, offerOf } from '../helpers/market.ts'

const template = offerOf().body
const demand = demandOf().body
const price = quote(template.prices, demand).priceMax

interface Place {
  name: string
  operator?: string
  region?: string
  startup?: bigint
  changes?: Partial<Offer>
}

/** An offer as the book holds it; placement does not look at signatures again. */
function offer({ name, operator = name, region = name, startup = 0n, changes = {} }: Place): VerifiedOffer {
  const body: Offer = {
    ...template,
    provider: testAddress(`provider ${name}`),
    owner: testAddress(`operator ${operator}`),
    prices: { ...template.prices, startup: template.prices.startup + startup },
    domains: { site: `site ${name}`, network: `network ${region}`, region, grid: `grid ${region}` },
    ...changes
  }
  return { offer: { body, signature: new Uint8Array(64) }, publicKey: new Uint8Array(33) }
}

const init: ChooseInit = {
  demand: { ...demand, priceMax: price + 1_000_000n },
  regions: [],
  excluded: new Set(),
  nowSec: NOW,
  replicas: 2,
  spread: 'region'
}

const providersOf = (chosen: readonly VerifiedOffer[]) => chosen.map(({ offer }) => offer.body.provider)

function refusalOf(offers: readonly VerifiedOffer[], changes: Partial<ChooseInit> = {}): CodedError {
  try {
    chooseOffers(offers, { ...init, ...changes })
  } catch (err) {
    return err as CodedError
  }
  throw new Error('they were placed')
}

describe('rejectionOf', () => {
  const { resources } = demand
  const smaller = (changes: Partial<Offer['resources']>) => ({ resources: { ...resources, ...changes } })

  it.each<[string, Partial<Offer>, Partial<ChooseInit>?]>([
    ['expired', { expiresAt: NOW }],
    ['token', { token: testAddress('other token') }],
    ['runtime', { runtimes: ['oci'] }],
    ['runtime', { runtimes: [] }],
    ['resources', smaller({ cpuMillis: resources.cpuMillis - 1 })],
    ['resources', smaller({ memoryBytes: resources.memoryBytes - 1 })],
    ['resources', smaller({ diskBytes: resources.diskBytes - 1 })],
    ['region', {}, { regions: ['elsewhere'] }],
    ['excluded', {}, { excluded: new Set([testAddress('provider a')]) }],
    ['price', {}, { demand: { ...demand, priceMax: price - 1n } }]
  ])('%s', (reason, changes, more = {}) => {
    expect(rejectionOf(offer({ name: 'a', changes }).offer.body, { ...init, ...more })).toBe(reason)
  })

  it.each<[string, Partial<Offer>, Partial<ChooseInit>?]>([
    ['an offer just large enough', smaller({})],
    ['an offer exactly at the ceiling', {}, { demand: { ...demand, priceMax: price } }],
    ['an offer about to expire', { expiresAt: NOW + 1 }],
    ['a region that was asked for', {}, { regions: ['b', 'a'] }],
    ['one runtime of several', { runtimes: ['oci', 'wasm'] }],
    ['a token in other letters', { token: `0x${token.slice(2).toUpperCase()}` as `0x${string}` }]
  ])('nothing for %s', (_, changes, more = {}) => {
    expect(rejectionOf(offer({ name: 'a', changes }).offer.body, { ...init, ...more })).toBeUndefined()
  })
})

describe('chooseOffers', () => {
  it('takes the cheapest, cheapest first', () => {
    const offers = [
      offer({ name: 'c', startup: 3n }),
      offer({ name: 'a', startup: 1n }),
      offer({ name: 'b', startup: 2n })
    ]
    const { chosen, seen, rejected } = chooseOffers(offers, init)
    expect(providersOf(chosen)).toEqual([offers[1], offers[2]].map(verified => verified?.offer.body.provider))
    expect({ seen, rejected }).toEqual({ seen: 3, rejected: {} })
  })

  it('never takes one operator twice, whatever it is asked to spread over', () => {
    const offers = [
      offer({ name: 'a', operator: 'x' }),
      offer({ name: 'b', operator: 'x' }),
      offer({ name: 'c', operator: 'x' })
    ]
    for (const spread of SPREADS) {
      expect(refusalOf(offers, { spread }).facts).toMatchObject({ found: 1, eligible: 3 })
    }
  })

  it.each(SPREADS)('never puts two replicas in one %s', spread => {
    const same: Partial<Offer> = {
      domains: { site: 's', network: 'n', region: 'r', grid: 'g' },
      ...(spread === 'operator' ? { owner: testAddress('x') } : {})
    }
    const offers = [offer({ name: 'a', changes: same }), offer({ name: 'b', changes: same })]
    expect(refusalOf(offers, { spread }).facts).toMatchObject({ found: 1 })
  })

  it('takes domains that were not named for one and the same', () => {
    const unnamed: Partial<Offer> = { domains: { site: '', network: '', region: '', grid: '' } }
    const offers = [offer({ name: 'a', changes: unnamed }), offer({ name: 'b', changes: unnamed })]
    expect(refusalOf(offers).facts).toMatchObject({ found: 1 })
  })

  it('keeps away from replicas that stay', () => {
    const a = offer({ name: 'a', operator: 'x', region: 'north' })
    const sameOperator = offer({ name: 'b', operator: 'x', region: 'south' })
    const sameRegion = offer({ name: 'c', operator: 'y', region: 'north' })
    const apart = offer({ name: 'd', operator: 'z', region: 'west', startup: 9n })
    const kept = [a.offer.body]
    const { chosen } = chooseOffers([sameOperator, sameRegion, apart], { ...init, replicas: 1, kept })
    expect(chosen).toEqual([apart])
    expect(refusalOf([sameOperator, sameRegion], { replicas: 1, kept }).facts).toMatchObject({ found: 0, eligible: 2 })
  })

  const places = fc
    .array(
      fc.record({
        operator: fc.nat(5),
        region: fc.nat(4),
        startup: fc.bigInt({ min: 0n, max: 3n }),
        spoiled: fc.option(fc.nat(3))
      }),
      { maxLength: 12 }
    )
    .map(list =>
      list.map(({ operator, region, startup, spoiled }, i) =>
        offer({ name: `${i}`, operator: `${operator}`, region: `${region}`, startup, changes: spoil(spoiled) })
      )
    )

  function spoil(how: number | null): Partial<Offer> {
    const ways: Partial<Offer>[] = [{ expiresAt: 0 }, { runtimes: [] }, { token: testAddress('other') }, { tickSec: 1 }]
    return how === null ? {} : (ways[how] as Partial<Offer>)
  }

  const spreads = fc.constantFrom<Spread>(...SPREADS)

  it('places apart, accounts for every offer, and does not depend on their order', () => {
    check(
      fc.property(places, spreads, fc.integer({ min: 1, max: 4 }), fc.nat(), (offers, spread, replicas, turn) => {
        const wanted = { ...init, spread, replicas }
        const rotated = [...offers.slice(turn % (offers.length + 1)), ...offers.slice(0, turn % (offers.length + 1))]
        expect(outcome(rotated, wanted)).toEqual(outcome(offers, wanted))
        if (codeOf(() => chooseOffers(offers, wanted)) !== undefined) return
        const { chosen } = chooseOffers(offers, wanted)
        expect(chosen.length).toBe(replicas)
        expect(new Set(chosen.map(({ offer }) => offer.body.owner)).size).toBe(replicas)
        expect(new Set(chosen.map(({ offer }) => domainOf(offer.body, spread))).size).toBe(replicas)
        for (const { offer } of chosen) expect(rejectionOf(offer.body, wanted)).toBeUndefined()
      })
    )
  })

  function outcome(offers: readonly VerifiedOffer[], wanted: ChooseInit): unknown {
    try {
      const { chosen, seen, rejected } = chooseOffers(offers, wanted)
      const eligible = seen - Object.values(rejected).reduce((sum, count) => sum + count, 0)
      expect(eligible).toBeGreaterThanOrEqual(chosen.length)
      return { chosen: providersOf(chosen), seen, rejected }
    } catch (err) {
      const { code, facts } = err as CodedError
      const rejected = Object.values(facts.rejected as object).reduce((sum, count) => sum + count, 0)
      expect(facts.seen).toBe((facts.eligible as number) + rejected)
      expect(facts.found as number).toBeLessThan(wanted.replicas)
      return { code, facts: { ...facts, rejected: undefined } }
    }
  }
})

describe('a refusal', () => {
  it('says how many offers fell to what, and adds up', () => {
    const offers = [
      offer({ name: 'a' }),
      offer({ name: 'b', operator: 'a' }),
      offer({ name: 'c', changes: { expiresAt: NOW } }),
      offer({ name: 'd', changes: { expiresAt: NOW } }),
      offer({ name: 'e', changes: { runtimes: [] } }),
      offer({ name: 'f', startup: 10n ** 20n })
    ]
    const { code, facts, message } = refusalOf(offers)
    expect(code).toBe('E_NO_OFFERS')
    expect(facts).toMatchObject({
      seen: 6,
      eligible: 2,
      found: 1,
      replicas: 2,
      rejected: { expired: 2, runtime: 1, price: 1 }
    })
    expect(message).toBe(
      '1 of 2 replicas can be placed: 6 offers seen, 2 expired, 1 without the runtime, 1 over the price ceiling, ' +
        '1 in the same region or of the same operator as another replica'
    )
  })

  it('names the ceiling that would do, from offers that would serve the job', () => {
    const offers = [
      offer({ name: 'a', startup: 5n }),
      offer({ name: 'b', startup: 7n }),
      offer({ name: 'c', changes: { expiresAt: NOW } }),
      offer({ name: 'd', changes: { resources: { cpuMillis: 1, memoryBytes: 1, diskBytes: 0 } } })
    ]
    const tight = { demand: { ...demand, priceMax: price } }
    const { facts, hint } = refusalOf(offers, tight)
    expect(facts.cheapest).toBe(price + 7n)
    expect(hint).toContain(`${price + 7n}`)
    expect(codeOf(() => chooseOffers(offers, { ...init, demand: { ...demand, priceMax: price + 7n } }))).toBeUndefined()
  })

  it.each<[string, Place[], Partial<ChooseInit>, string]>([
    ['there is nobody', [], {}, 'no provider is known'],
    [
      'all are one operator',
      [
        { name: 'a', operator: 'x' },
        { name: 'b', operator: 'x' }
      ],
      {},
      'fewer replicas'
    ],
    ['regions are too narrow', [{ name: 'a' }, { name: 'b' }], { regions: ['c'] }, 'widen the regions'],
    ['nobody has the runtime', [{ name: 'a', changes: { runtimes: ['oci'] } }], {}, 'another runtime'],
    ['all are too small', [{ name: 'a', changes: small() }], {}, 'less memory'],
    ['there is only one', [{ name: 'a' }], {}, 'fewer replicas']
  ])('tells what to do when %s', (_, places, changes, hint) => {
    expect(refusalOf(places.map(offer), changes).hint).toContain(hint)
  })

  function small(): Partial<Offer> {
    return { resources: { cpuMillis: 1, memoryBytes: 1, diskBytes: 0 } }
  }
})
