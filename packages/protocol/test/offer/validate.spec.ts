import { describe, expect, it } from 'vitest'
import { testAddress, token } from '../../scripts/vector-files/keys.ts'
import {
  CLOCK_SKEW_SEC_MAX,
  createSigningDomain,
  decodeOffer,
  encode,
  LABEL_BYTES_MAX,
  MULTIADDR_BYTES_MAX,
  MULTIADDRS_MAX,
  OFFER_BYTES_MAX,
  OFFER_TTL_SEC_MAX,
  type Offer,
  RUNTIMES_MAX,
  signedOfferType,
  TICK_SEC_MAX,
  validateOffer,
  verdictOf,
  ZERO_ADDRESS
} from '../../src/index.ts'
import { codeOf, expectCode } from '../helpers/check.ts'
import { buyer, checks, NOW, offerOf, provider } from '../helpers/market.ts'

const context = { ...checks, token }
const resources = { cpuMillis: 1, memoryBytes: 1, diskBytes: 0 }
const farthest = NOW + OFFER_TTL_SEC_MAX + CLOCK_SKEW_SEC_MAX

it('gives the key that signed, which is the PeerId', () => {
  const offer = offerOf()
  expect(validateOffer(offer, context)).toEqual({ offer, publicKey: provider.publicKey })
})

describe('takes', () => {
  it.each<[string, Partial<Offer>]>([
    ['an offer about to expire', { expiresAt: NOW + 1 }],
    ['the farthest expiry', { expiresAt: farthest }],
    ['the shortest tick', { tickSec: 1 }],
    ['the longest tick', { tickSec: TICK_SEC_MAX }],
    ['the smallest machine', { resources }],
    ['nothing asked', { prices: { startup: 0n, cpuSec: 0n, memGiBSec: 0n, terafuel: 0n } }],
    ['no address', { multiaddrs: [] }],
    ['no runtime', { runtimes: [] }]
  ])('%s', (_, changes) => {
    expect(codeOf(() => validateOffer(offerOf(changes), context))).toBeUndefined()
  })
})

describe('refuses', () => {
  it.each<[string, string, Partial<Offer>]>([
    ['E_OFFER_EXPIRED', 'an offer that expires now', { expiresAt: NOW }],
    ['E_OFFER_EXPIRED', 'an offer of the past', { expiresAt: 0 }],
    ['E_OFFER_EARLY', 'an expiry a little too far ahead', { expiresAt: farthest + 1 }],
    ['E_OFFER_EARLY', 'one that a clock ahead of others took', { expiresAt: farthest + CLOCK_SKEW_SEC_MAX }],
    ['E_OFFER_ABSURD', 'an expiry too far ahead', { expiresAt: farthest + CLOCK_SKEW_SEC_MAX + 1 }],
    ['E_OFFER_ABSURD', 'no tick', { tickSec: 0 }],
    ['E_OFFER_ABSURD', 'a tick too long', { tickSec: TICK_SEC_MAX + 1 }],
    ['E_OFFER_ABSURD', 'an owner that cannot be paid', { owner: ZERO_ADDRESS }],
    ['E_OFFER_ABSURD', 'no cpu', { resources: { ...resources, cpuMillis: 0 } }],
    ['E_OFFER_ABSURD', 'no memory', { resources: { ...resources, memoryBytes: 0 } }],
    ['E_OFFER_OTHER_TOKEN', 'another token', { token: testAddress('token') }],
    ['E_BAD_SIGNATURE', 'an offer in the name of another', { provider: buyer.address }]
  ])('%s: %s', (code, _, changes) => {
    expectCode(() => validateOffer(offerOf(changes), context), code)
  })

  it('an offer signed by another key, for another chain, or changed afterwards', () => {
    const otherChain = createSigningDomain(1, checks.domain.verifyingContract)
    expectCode(() => validateOffer(offerOf({}, buyer), context), 'E_BAD_SIGNATURE')
    expectCode(() => validateOffer(offerOf(), { ...context, domain: otherChain }), 'E_BAD_SIGNATURE')
    const { body, signature } = offerOf()
    const cheaper = { ...body, prices: { ...body.prices, startup: 0n } }
    expectCode(() => validateOffer({ body: cheaper, signature }, context), 'E_BAD_SIGNATURE')
  })
})

it.each<[string, Partial<Offer>, 'ignore' | 'reject']>([
  ['old', { expiresAt: NOW }, 'ignore'],
  ['in another token', { token: testAddress('token') }, 'ignore'],
  ['absurd', { tickSec: 0 }, 'reject'],
  ['forged', { provider: buyer.address }, 'reject']
])('an offer that is %s is one to %3$s', (_, changes, verdict) => {
  let error: unknown
  try {
    validateOffer(offerOf(changes), context)
  } catch (err) {
    error = err
  }
  expect(verdictOf(error)).toBe(verdict)
})

describe('decodeOffer', () => {
  const bytes = (changes: Partial<Offer>) => encode(signedOfferType, offerOf(changes))
  const label = 'x'.repeat(LABEL_BYTES_MAX)
  const domains = { site: label, network: label, region: label, grid: label }
  const full: Partial<Offer> = {
    runtimes: Array.from({ length: RUNTIMES_MAX }, () => label),
    multiaddrs: Array.from({ length: MULTIADDRS_MAX }, () => 'x'.repeat(MULTIADDR_BYTES_MAX)),
    domains,
    version: label,
    prices: { startup: 2n ** 128n - 1n, cpuSec: 2n ** 128n - 1n, memGiBSec: 2n ** 128n - 1n, terafuel: 2n ** 128n - 1n }
  }

  it('takes the largest offer there is, within the bound of gossip', () => {
    const largest = bytes(full)
    expect(largest.length).toBeLessThanOrEqual(OFFER_BYTES_MAX)
    expect(decodeOffer(largest).body).toMatchObject(full)
  })

  it.each<[string, Partial<Offer>]>([
    ['a runtime more', { runtimes: [...(full.runtimes as string[]), 'x'] }],
    ['a longer runtime', { runtimes: [`${label}x`] }],
    ['an address more', { multiaddrs: [...(full.multiaddrs as string[]), 'x'] }],
    ['a longer address', { multiaddrs: ['x'.repeat(MULTIADDR_BYTES_MAX + 1)] }],
    ['a longer site', { domains: { ...domains, site: `${label}x` } }],
    ['a longer network', { domains: { ...domains, network: `${label}x` } }],
    ['a longer region', { domains: { ...domains, region: `${label}x` } }],
    ['a longer grid', { domains: { ...domains, grid: `${label}x` } }],
    ['a longer version', { version: `${label}x` }]
  ])('refuses %s', (_, changes) => {
    expectCode(() => bytes(changes), 'E_MALFORMED')
  })

  it('looks at no more bytes than the bound', () => {
    expectCode(() => decodeOffer(new Uint8Array(OFFER_BYTES_MAX + 1)), 'E_MALFORMED')
  })
})
