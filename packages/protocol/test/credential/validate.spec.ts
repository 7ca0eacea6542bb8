import { describe, expect, it } from 'vitest'
import { claims, draft } from '../../scripts/vector-files/credential-cases.ts'
import { buyer, issuer, provider } from '../../scripts/vector-files/keys.ts'
import {
  CREDENTIAL_SIGNATURE_BYTES_MAX,
  CREDENTIAL_TTL_SEC_MAX,
  type CredentialBundle,
  type CredentialFacts,
  createSigningDomain,
  credentialBundleType,
  credentialType,
  decode,
  digestOf,
  encode,
  encodeClaims,
  issueCredential,
  recoverPure,
  revocationBit,
  SCHEMA_BYTES_MAX,
  sign,
  validateCredential,
  validateCredentialFacts,
  ZERO_ADDRESS
} from '../../src/index.ts'
import { codeOf, expectCode } from '../helpers/check.ts'
import { domain } from '../helpers/market.ts'

const context = { domain, recover: recoverPure, nowSec: draft.issuedAt }
const bundleOf = (changes: Partial<typeof draft> = {}) => issueCredential(issuer, domain, { ...draft, ...changes })
const bundle = bundleOf()

it('gives the digest of the credential and what it says', () => {
  expect(validateCredential(bundle, { ...context, subject: provider.address })).toEqual({
    digest: digestOf(domain, credentialType, bundle.credential),
    claims
  })
})

it('travels as canonical bytes', () => {
  expect(decode(credentialBundleType, encode(credentialBundleType, bundle))).toEqual(bundle)
})

describe('takes', () => {
  it.each<[string, Partial<typeof draft>, number]>([
    ['its first second', {}, draft.issuedAt],
    ['its last second', {}, draft.expiresAt - 1],
    ['no claims', { claims: {} }, draft.issuedAt],
    ['the largest number', { index: 2n ** 256n - 1n }, draft.issuedAt],
    ['the longest time', { expiresAt: draft.issuedAt + CREDENTIAL_TTL_SEC_MAX }, draft.issuedAt],
    ['the longest name', { schema: 's'.repeat(SCHEMA_BYTES_MAX) }, draft.issuedAt]
  ])('%s', (_, changes, nowSec) => {
    expect(codeOf(() => validateCredential(bundleOf(changes), { ...context, nowSec }))).toBeUndefined()
  })
})

describe('refuses', () => {
  it.each<[string, string, Partial<typeof draft>, Partial<typeof context & { subject: `0x${string}` }>?]>([
    ['E_CREDENTIAL_NOT_YET', 'the second before', {}, { nowSec: draft.issuedAt - 1 }],
    ['E_CREDENTIAL_EXPIRED', 'the second it expires', {}, { nowSec: draft.expiresAt }],
    ['E_CREDENTIAL_OTHER_SUBJECT', 'one about somebody else', {}, { subject: buyer.address }],
    ['E_CREDENTIAL_ABSURD', 'one about nobody', { subject: ZERO_ADDRESS }],
    ['E_CREDENTIAL_ABSURD', 'one that never holds', { expiresAt: draft.issuedAt }],
    ['E_CREDENTIAL_ABSURD', 'one for too long', { expiresAt: draft.issuedAt + CREDENTIAL_TTL_SEC_MAX + 1 }],
    ['E_BAD_SIGNATURE', 'another chain', {}, { domain: createSigningDomain(1, domain.verifyingContract) }]
  ])('%s: %s', (code, _, changes, more = {}) => {
    expectCode(() => validateCredential(bundleOf(changes), { ...context, ...more }), code)
  })

  it('what the issuer did not sign', () => {
    const { credential, signature } = bundle
    const refuse = (changes: Partial<CredentialBundle>, code: string) =>
      expectCode(() => validateCredential({ ...bundle, ...changes }, context), code)
    refuse({ claims: encodeClaims({ ...claims, powerFeeds: 3 }) }, 'E_CREDENTIAL_MISMATCH')
    refuse({ schema: `${draft.schema}0` }, 'E_CREDENTIAL_MISMATCH')
    refuse({ credential: { ...credential, index: 301n } }, 'E_BAD_SIGNATURE')
    refuse({ credential: { ...credential, issuer: ZERO_ADDRESS } }, 'E_CREDENTIAL_ABSURD')
    refuse({ signature: sign(provider, domain, credentialType, credential).signature }, 'E_BAD_SIGNATURE')
    refuse({ signature: signature.slice(1) }, 'E_BAD_SIGNATURE')
    refuse({ signature: new Uint8Array(CREDENTIAL_SIGNATURE_BYTES_MAX) }, 'E_BAD_SIGNATURE')
  })

  it('numbers that do not fit, and signatures above CREDENTIAL_SIGNATURE_BYTES_MAX', () => {
    expectCode(() => bundleOf({ index: 2n ** 256n }), 'E_MALFORMED')
    expectCode(() => bundleOf({ index: -1n }), 'E_MALFORMED')
    const signature = new Uint8Array(CREDENTIAL_SIGNATURE_BYTES_MAX + 1)
    expectCode(() => encode(credentialBundleType, { ...bundle, signature }), 'E_MALFORMED')
    expectCode(
      () => encode(credentialBundleType, bundleOf({ schema: 's'.repeat(SCHEMA_BYTES_MAX + 1) })),
      'E_MALFORMED'
    )
  })
})

describe('facts of the chain', () => {
  const clean: CredentialFacts = { revokedWord: 0n, compromisedSince: 0, anchoredAt: 0 }
  const codeFor = (facts: Partial<CredentialFacts>) =>
    codeOf(() => validateCredentialFacts(bundle.credential, { ...clean, ...facts }))

  it('find the bit', () => {
    expect(revocationBit(300n)).toEqual({ word: 1n, bit: 44 })
    expect(revocationBit(2n ** 256n - 1n)).toEqual({ word: 2n ** 248n - 1n, bit: 255 })
  })

  it.each<[string | undefined, Partial<CredentialFacts>]>([
    [undefined, {}],
    [undefined, { revokedWord: ~(1n << 44n) & (2n ** 256n - 1n) }],
    ['E_CREDENTIAL_REVOKED', { revokedWord: 1n << 44n }],
    ['E_CREDENTIAL_REVOKED', { revokedWord: 2n ** 256n - 1n, compromisedSince: 1 }],
    ['E_CREDENTIAL_KEY_COMPROMISED', { compromisedSince: 100 }],
    ['E_CREDENTIAL_KEY_COMPROMISED', { compromisedSince: 100, anchoredAt: 100 }],
    [undefined, { compromisedSince: 100, anchoredAt: 99 }],
    [undefined, { anchoredAt: 99 }]
  ])('%s: %o', (code, facts) => {
    expect(codeFor(facts)).toBe(code)
  })
})
