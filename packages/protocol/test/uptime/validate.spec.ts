import { describe, expect, it } from 'vitest'
import { buyer, domain, owner, provider, session, testAddress, testKey } from '../../scripts/vector-files/keys.ts'
import {
  CLOCK_SKEW_SEC_MAX,
  createSigningDomain,
  decode,
  encode,
  packAgreed,
  SERVICE_AMOUNT_MAX_BITS,
  SERVICE_INTERVAL_SEC_MAX,
  type ServiceTerms,
  serviceTermsType,
  toHex,
  toStatements,
  type UptimeTally,
  validateBuyerTally,
  validateTally,
  validateTerms,
  WITNESSES_MAX,
  ZERO_ADDRESS
} from '../../src/index.ts'
import { codeOf, expectCode } from '../helpers/check.ts'
import { agree, context, key, keyOf, START, tallyBy, terms, termsId, termsOf, witnesses } from './deal.ts'

const many = Array.from({ length: WITNESSES_MAX + 1 }, (_, i) => testKey(`many ${i}`).address).sort()
const sorted = (...addresses: string[]) => addresses.sort() as ServiceTerms['witnesses']
const four = terms.witnesses.slice(0, 4)

describe('terms', () => {
  it('are named by their digest', () => {
    expect(validateTerms(agree(terms), key, context)).toBe(termsId)
  })

  it('go to the contract with both signatures, the buyer’s first', () => {
    const agreed = agree(terms)
    expect(toHex(packAgreed(agreed))).toBe(`${toHex(agreed.buyerSignature)}${toHex(agreed.providerSignature).slice(2)}`)
  })

  it.each<[string, Partial<ServiceTerms>]>([
    ['one witness', { witnesses: terms.witnesses.slice(0, 1), quorum: 1 }],
    ['WITNESSES_MAX of them', { witnesses: many.slice(0, WITNESSES_MAX), quorum: 16 }],
    ['all of them as a quorum', { quorum: 5 }],
    ['three of four', { witnesses: four, quorum: 3 }],
    ['free service', { pricePerInterval: 0n }],
    [
      'the most that a channel counts',
      { pricePerInterval: 2n ** BigInt(SERVICE_AMOUNT_MAX_BITS) - 1n, intervalsMax: 1 }
    ]
  ])('may have %s', (_, changes) => {
    expect(codeOf(() => validateTerms(agree(termsOf(changes)), key, context))).toBeUndefined()
  })

  it('may have intervals of SERVICE_INTERVAL_SEC_MAX, where the channel closes slowly enough', () => {
    const slow = keyOf({}, 3 * SERVICE_INTERVAL_SEC_MAX)
    const take = (intervalSec: number, from = slow) =>
      validateTerms(agree(termsOf({ intervalSec }, from)), from, context)
    take(SERVICE_INTERVAL_SEC_MAX)
    expectCode(() => take(SERVICE_INTERVAL_SEC_MAX + 1), 'E_TERMS_ABSURD')
    const fast = keyOf({}, 3 * SERVICE_INTERVAL_SEC_MAX - 1)
    expectCode(() => take(SERVICE_INTERVAL_SEC_MAX, fast), 'E_TERMS_ABSURD')
  })

  it.each<[string, string, Partial<ServiceTerms>]>([
    ['E_TERMS_MISMATCH', 'another channel', { channel: `0x${'00'.repeat(32)}` }],
    ['E_TERMS_MISMATCH', 'another payee', { payee: buyer.address }],
    ['E_TERMS_MISMATCH', 'another token', { token: testAddress('other token') }],
    ['E_TERMS_ABSURD', 'intervals of no length', { intervalSec: 0 }],
    ['E_TERMS_ABSURD', 'no interval', { intervalsMax: 0 }],
    ['E_TERMS_ABSURD', 'a price above all channels', { pricePerInterval: 2n ** 104n, intervalsMax: 1 }],
    ['E_TERMS_ABSURD', 'a credit above all channels', { creditPerInterval: 2n ** 103n, intervalsMax: 2 }],
    ['E_WITNESSES_INVALID', 'no witness', { witnesses: [], quorum: 0 }],
    ['E_WITNESSES_INVALID', 'no quorum', { quorum: 0 }],
    ['E_WITNESSES_INVALID', 'a minority as a quorum', { quorum: 2 }],
    ['E_WITNESSES_INVALID', 'half of them as a quorum', { witnesses: four, quorum: 2 }],
    ['E_WITNESSES_INVALID', 'a quorum above all of them', { quorum: 6 }],
    ['E_WITNESSES_INVALID', 'a witness twice', { witnesses: sorted(...four, four[0] as string) }],
    ['E_WITNESSES_INVALID', 'witnesses in another order', { witnesses: [...terms.witnesses].reverse() }],
    ['E_WITNESSES_INVALID', 'the zero account', { witnesses: sorted(...four, ZERO_ADDRESS) }],
    ['E_WITNESSES_INVALID', 'the provider as a witness', { witnesses: sorted(...four, provider.address) }],
    ['E_WITNESSES_INVALID', 'the payee as a witness', { witnesses: sorted(...four, owner) }],
    ['E_WITNESSES_INVALID', 'the payer as a witness', { witnesses: sorted(...four, buyer.address) }],
    ['E_WITNESSES_INVALID', 'the session key as a witness', { witnesses: sorted(...four, session.address) }]
  ])('%s: %s', (code, _, changes) => {
    expectCode(() => validateTerms(agree(termsOf(changes)), key, context), code)
  })

  it('E_WITNESSES_INVALID: one witness more than WITNESSES_MAX, which cannot even be signed', () => {
    const crowded = { ...agree(terms), terms: termsOf({ witnesses: many, quorum: 17 }) }
    expectCode(() => validateTerms(crowded, key, context), 'E_WITNESSES_INVALID')
  })

  it('E_TERMS_MISMATCH: a channel with another arbiter, or none', () => {
    for (const arbiter of [ZERO_ADDRESS, buyer.address]) {
      const other = keyOf({ arbiter })
      expectCode(() => validateTerms(agree(termsOf({}, other)), other, context), 'E_TERMS_MISMATCH')
    }
  })

  it('E_BAD_SIGNATURE: signed by others, for another chain, or changed afterwards', () => {
    const refuse = (agreed: ReturnType<typeof agree>, more = {}) =>
      expectCode(() => validateTerms(agreed, key, { ...context, ...more }), 'E_BAD_SIGNATURE')
    refuse(agree(terms, buyer))
    refuse(agree(terms, session, session))
    refuse(agree(terms, provider, session))
    refuse(agree(terms), { domain: createSigningDomain(1, domain.verifyingContract) })
    refuse({ ...agree(terms), terms: termsOf({ pricePerInterval: 8n }) })
    refuse({ ...agree(terms), terms: termsOf({ witnesses: sorted(...four, testAddress('friend')) }) })
  })

  it('hold WITNESSES_MAX witnesses on the wire, and none more', () => {
    const full = termsOf({ witnesses: many.slice(0, WITNESSES_MAX) })
    expect(decode(serviceTermsType, encode(serviceTermsType, full))).toEqual(full)
    expectCode(() => encode(serviceTermsType, termsOf({ witnesses: many })), 'E_MALFORMED')
  })
})

describe('a tally', () => {
  const nowSec = START + 10 * 60
  const checks = { domain: context.domain, recover: context.recover, nowSec }
  const signer = (place: number) => witnesses[place] as (typeof witnesses)[number]
  const codeFor = (changes: Partial<UptimeTally>, place = 2, by = signer(2)) =>
    codeOf(() => validateTally(tallyBy(by, changes), place, terms, checks))

  it('is taken from the witness at its place', () => {
    expect(codeFor({})).toBeUndefined()
    expect(codeFor({ up: 10, down: 0 })).toBeUndefined()
    expect(codeFor({ up: 0, down: 0, through: 0 })).toBeUndefined()
  })

  it('may be ahead by as much as clocks may differ', () => {
    const ahead = 10 + CLOCK_SKEW_SEC_MAX / 60
    expect(codeFor({ through: ahead })).toBeUndefined()
    expect(codeFor({ through: ahead + 1 })).toBe('E_TALLY_AHEAD')
  })

  it('is refused otherwise', () => {
    expect(codeFor({ terms: `0x${'11'.repeat(32)}` })).toBe('E_TALLY_MISMATCH')
    expect(codeFor({}, 5)).toBe('E_TALLY_MISMATCH')
    expect(codeFor({}, -1)).toBe('E_TALLY_MISMATCH')
    expect(codeFor({ up: 8, down: 3 })).toBe('E_TALLY_IMPOSSIBLE')
    expect(codeFor({}, 1)).toBe('E_BAD_SIGNATURE')
    expect(codeFor({}, 2, provider)).toBe('E_BAD_SIGNATURE')
  })

  it('of the buyer is a payment, by the channel’s signer', () => {
    const take = (by: typeof session) => () => validateBuyerTally(tallyBy(by), key, terms, checks)
    expect(codeOf(take(session))).toBeUndefined()
    expectCode(take(buyer), 'E_BAD_SIGNATURE')
    expectCode(take(signer(0)), 'E_BAD_SIGNATURE')
  })

  it('goes to the contract in order of the list', () => {
    const tallies = [4, 0, 2].map(witness => ({ witness, tally: tallyBy(signer(witness), { up: witness }) }))
    const statements = toStatements(tallies)
    expect(statements.map(({ witness, up, down, through, epoch }) => [witness, up, down, through, epoch])).toEqual([
      [0, 0, 1, 10, 1],
      [2, 2, 1, 10, 1],
      [4, 4, 1, 10, 1]
    ])
    const { r, vs } = statements[0] as (typeof statements)[number]
    expect(`${r}${vs.slice(2)}`).toBe(toHex((tallies[1] as (typeof tallies)[number]).tally.signature))
    expect(tallies.map(({ witness }) => witness)).toEqual([4, 0, 2])
  })
})
