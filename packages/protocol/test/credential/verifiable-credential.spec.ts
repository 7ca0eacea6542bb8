import { TypedDataEncoder, verifyTypedData } from 'ethers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draft } from '../../scripts/vector-files/credential-cases.ts'
import { issuer, testAddress } from '../../scripts/vector-files/keys.ts'
import {
  accountIdOf,
  accountOfDid,
  CREDENTIAL_JSON_CHARS_MAX,
  CREDENTIAL_SIGNATURE_BYTES_MAX,
  credentialType,
  didOf,
  digestOf,
  fromVerifiableCredential,
  issueCredential,
  recoverPure,
  SCHEMA_BYTES_MAX,
  sameHex,
  toHex,
  toVerifiableCredential,
  validateCredential
} from '../../src/index.ts'
import { check, codeOf, expectCode } from '../helpers/check.ts'
import { domain } from '../helpers/market.ts'

// biome-ignore lint/suspicious/noExplicitAny: a document to be broken in any way
type Broken = Record<string, any>

const place = { domain, credentials: testAddress('credentials') }
const bundleOf = (changes: Partial<typeof draft> = {}) => issueCredential(issuer, domain, { ...draft, ...changes })
const bundle = bundleOf()
const document = () => structuredClone(toVerifiableCredential(bundle, place)) as Broken

it('is what the data model asks for', () => {
  expect(toVerifiableCredential(bundle, place)).toMatchSnapshot()
})

/** https://www.w3.org/TR/vc-data-model-2.0/#verifiable-credentials, read as a list of things that must be so. */
it('keeps to the rules of the data model', () => {
  const vc = document()
  expect(vc['@context'][0]).toBe('https://www.w3.org/ns/credentials/v2')
  for (const context of vc['@context'].slice(1)) expect(typeof context).toBe('object')
  expect(vc.type).toContain('VerifiableCredential')
  for (const part of [vc.credentialStatus, vc.credentialSchema, vc.proof]) expect(typeof part.type).toBe('string')
  // All words that are not the model's own are explained in the document.
  const explained = Object.keys(vc['@context'][1])
  const own = ['id', 'type', ...explained]
  for (const type of [...vc.type.slice(1), vc.credentialStatus.type, vc.credentialSchema.type, vc.proof.type]) {
    expect(explained).toContain(type)
  }
  for (const part of [vc.credentialSubject, vc.credentialStatus, vc.credentialSchema, vc.proof]) {
    for (const name of Object.keys(part)) expect(own).toContain(name)
  }
  for (const uri of [vc.issuer, vc.credentialSubject.id, vc.credentialSchema.id, vc.proof.verificationMethod]) {
    expect(URL.canParse(uri)).toBe(true)
  }
  const dateTimeStamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
  expect(vc.validFrom).toMatch(dateTimeStamp)
  expect(vc.validUntil).toMatch(dateTimeStamp)
  // Nothing in it that JSON does not have.
  expect(JSON.parse(JSON.stringify(vc))).toEqual(vc)
})

it('carries a proof that any EIP-712 library can check', () => {
  const { proof } = JSON.parse(JSON.stringify(document()))
  const { domain: proofDomain, types, message, primaryType } = proof.eip712
  expect(primaryType).toBe('Credential')
  expect(TypedDataEncoder.hash(proofDomain, types, message)).toBe(digestOf(domain, credentialType, bundle.credential))
  expect(sameHex(verifyTypedData(proofDomain, types, message, proof.signature), issuer.address)).toBe(true)
})

describe('comes back', () => {
  const again = (changes: Partial<typeof draft> = {}, space?: number) => {
    const original = bundleOf(changes)
    const text = JSON.stringify(toVerifiableCredential(original, place), null, space)
    const { place: readPlace, ...read } = fromVerifiableCredential(text)
    expect(read).toEqual(original)
    expect(readPlace.credentials).toBe(place.credentials)
    validateCredential(read, { domain: readPlace.domain, recover: recoverPure, nowSec: original.credential.issuedAt })
  }

  it.each<[string, Partial<typeof draft>]>([
    ['as it was', {}],
    ['with no claims', { claims: {} }],
    ['with the largest number', { index: 2n ** 256n - 1n }],
    ['from 1970', { issuedAt: 0, expiresAt: 1 }],
    ['up to the last year that has four digits', { issuedAt: 253_402_300_798, expiresAt: 253_402_300_799 }]
  ])('%s', (_, changes) => again(changes))

  it('however it is set', () => again({}, 4))

  it('with any claims and times', () => {
    const draftOf = fc.record({
      claims: fc.dictionary(
        fc.string({ maxLength: 8 }).filter(name => name !== '__proto__'),
        fc.oneof(fc.string({ maxLength: 20 }), fc.maxSafeInteger(), fc.boolean()),
        { maxKeys: 5 }
      ),
      issuedAt: fc.nat(2 ** 31 - 1),
      index: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
    })
    check(
      fc.property(draftOf, changes => again({ ...changes, expiresAt: changes.issuedAt + 60 })),
      60
    )
  })

  it('with the signature of a contract account, up to CREDENTIAL_SIGNATURE_BYTES_MAX', () => {
    const wide = { ...bundle, signature: new Uint8Array(CREDENTIAL_SIGNATURE_BYTES_MAX).fill(7) }
    const { place: _, ...read } = fromVerifiableCredential(JSON.stringify(toVerifiableCredential(wide, place)))
    expect(read).toEqual(wide)
    const wider = { ...bundle, signature: new Uint8Array(CREDENTIAL_SIGNATURE_BYTES_MAX + 1) }
    expectCode(() => fromVerifiableCredential(JSON.stringify(toVerifiableCredential(wider, place))), 'E_VC_MALFORMED')
  })
})

describe('is refused', () => {
  it.each<[string, (vc: Broken) => void]>([
    ['another issuer', vc => (vc.issuer = didOf(31337, testAddress('other')))],
    ['another subject', vc => (vc.credentialSubject.id = didOf(31337, testAddress('other')))],
    ['a subject on another chain', vc => (vc.credentialSubject.id = vc.credentialSubject.id.replace('31337', '1'))],
    ['another claim', vc => (vc.credentialSubject.claims.powerFeeds = 3)],
    ['one more claim', vc => (vc.credentialSubject.claims.gold = true)],
    ['a claim beside the claims', vc => (vc.credentialSubject.gold = true)],
    ['a longer time', vc => (vc.validUntil = '2040-01-01T00:00:00Z')],
    ['an earlier start', vc => (vc.validFrom = '2020-01-01T00:00:00Z')],
    ['the same second written otherwise', vc => (vc.validFrom = vc.validFrom.replace('Z', '+00:00'))],
    ['another schema', vc => (vc.credentialSchema.id = 'urn:other')],
    ['another bit', vc => (vc.credentialStatus.bitmapIndex = '301')],
    ['a bit that is no number', vc => (vc.credentialStatus.bitmapIndex = '0x1')],
    ['another status type', vc => (vc.credentialStatus.type = 'BitstringStatusListEntry')],
    ['no status', vc => delete vc.credentialStatus],
    ['another message', vc => (vc.proof.eip712.message.expiresAt += 1)],
    ['another domain name', vc => (vc.proof.eip712.domain.name = 'Archipelago')],
    ['another chain', vc => (vc.proof.eip712.domain.chainId = 1)],
    ['other message types', vc => vc.proof.eip712.types.Credential.pop()],
    ['a proof that claims to be another', vc => (vc.proof.type = 'DataIntegrityProof')],
    ['two proofs', vc => (vc.proof = [vc.proof, vc.proof])],
    ['a signature that is no hex', vc => (vc.proof.signature = 'z58DAdFfa9')],
    ['a context that says otherwise', vc => (vc['@context'][1] = { claims: 'https://schema.org/award' })],
    ['one more context', vc => vc['@context'].push('https://schema.org')],
    ['one more type', vc => vc.type.push('GoldCredential')],
    ['one more thing to say', vc => (vc.name = 'Gold')],
    ['an id', vc => (vc.id = 'urn:uuid:1')]
  ])('with %s', (_, change) => {
    const vc = document()
    change(vc)
    expectCode(() => fromVerifiableCredential(JSON.stringify(vc)), 'E_VC_MALFORMED')
  })

  it.each(['', 'null', '[]', '7', '"text"', '{}', '{"issuer":null}', '{"proof":[]}'])('%s', text => {
    expectCode(() => fromVerifiableCredential(text), 'E_VC_MALFORMED')
  })

  it('above CREDENTIAL_JSON_CHARS_MAX', () => {
    const text = JSON.stringify(document())
    const padded = (chars: number) => text + ' '.repeat(chars - text.length)
    fromVerifiableCredential(padded(CREDENTIAL_JSON_CHARS_MAX))
    expectCode(() => fromVerifiableCredential(padded(CREDENTIAL_JSON_CHARS_MAX + 1)), 'E_VC_MALFORMED')
  })

  it('with claims that cannot be encoded', () => {
    const vc = document()
    vc.credentialSubject.claims = { half: 0.5 }
    expectCode(() => fromVerifiableCredential(JSON.stringify(vc)), 'E_MALFORMED')
    vc.credentialSubject.claims = null
    expectCode(() => fromVerifiableCredential(JSON.stringify(vc)), 'E_MALFORMED')
  })

  it('wherever one character of it changes, or else says the same', () => {
    const text = JSON.stringify(document())
    check(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('0', 'f', 'x', '"', '1'), (i, char) => {
        const changed = text.slice(0, i) + char + text.slice(i + 1)
        const code = codeOf(() => {
          const { place: read, ...other } = fromVerifiableCredential(changed)
          const checks = { domain: read.domain, recover: recoverPure, nowSec: draft.issuedAt }
          const { digest } = validateCredential(other, checks)
          expect(digest).toBe(digestOf(domain, credentialType, bundle.credential))
          // The bitmap's contract is the one thing that is not signed: it is for the reader to know.
          if (read.credentials === place.credentials) expect(JSON.parse(changed)).toEqual(JSON.parse(text))
        })
        expect([undefined, 'E_VC_MALFORMED', 'E_MALFORMED', 'E_BAD_SIGNATURE', 'E_CREDENTIAL_NOT_YET']).toContain(code)
      }),
      300
    )
  })
})

describe('cannot be written', () => {
  it.each<[string, Partial<typeof draft>]>([
    ['for a schema that is no URI', { schema: 'site audit' }],
    ['for a schema without a name', { schema: '' }],
    ['for a time after the year 9999', { expiresAt: 253_402_300_800 }]
  ])('%s', (_, changes) => {
    expectCode(() => toVerifiableCredential(bundleOf(changes), place), 'E_VC_UNFIT')
  })

  it('and is not read with a schema longer than SCHEMA_BYTES_MAX', () => {
    const long = bundleOf({ schema: `urn:${'s'.repeat(SCHEMA_BYTES_MAX - 3)}` })
    expectCode(() => fromVerifiableCredential(JSON.stringify(toVerifiableCredential(long, place))), 'E_VC_MALFORMED')
  })
})

describe('accounts', () => {
  it('are DIDs and CAIP-10 ids, lower case', () => {
    const account = `0x${'Ab'.repeat(20)}` as const
    expect(didOf(1, account)).toBe(`did:pkh:eip155:1:0x${'ab'.repeat(20)}`)
    expect(accountOfDid(didOf(31337, account))).toEqual({ chainId: 31337, account: account.toLowerCase() })
    expect(accountOfDid(accountIdOf(1, account)).chainId).toBe(1)
  })

  it.each([undefined, 7, '', 'did:key:z6Mk', 'did:pkh:eip155:0:0x00', `did:pkh:eip155:1:0x${'ab'.repeat(19)}`])(
    'are not %s',
    did => {
      expectCode(() => accountOfDid(did), 'E_VC_MALFORMED')
    }
  )

  it('are on chains whose number is exact', () => {
    expectCode(() => accountOfDid(`did:pkh:eip155:9007199254740993:${testAddress('a')}`), 'E_VC_MALFORMED')
    expect(toHex(bundle.signature).length).toBe(130)
  })
})
