import {
  type Claims,
  type Credential,
  type CredentialDraft,
  draftCredential,
  type KeyCompromise,
  ZERO_ADDRESS,
  ZERO_HASH
} from '../../src/index.ts'
import { issuer, MAX_ADDRESS, MAX_HASH, provider, testHash, UINT64_MAX } from './keys.ts'
import type { Cases } from './market-cases.ts'

export const claims: Claims = {
  site: 'cellar',
  region: 'eu-north',
  renewable: true,
  powerFeeds: 2,
  audits: [{ year: 2026, report: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' }]
}

export const draft: CredentialDraft = {
  subject: provider.address,
  schema: 'urn:x-archipel:schema:site-audit:1',
  claims,
  issuedAt: 1_800_000_000,
  expiresAt: 1_830_000_000,
  index: 300n
}

export const credentials: Cases<Credential> = {
  plain: draftCredential(issuer.address, draft),
  'no claims': draftCredential(issuer.address, { ...draft, claims: {}, index: 0n }),
  zeros: {
    issuer: issuer.address,
    subject: `0x${'00'.repeat(20)}`,
    schema: ZERO_HASH,
    claims: ZERO_HASH,
    issuedAt: 0,
    expiresAt: 0,
    index: 0n
  },
  'largest numbers': {
    issuer: issuer.address,
    subject: MAX_ADDRESS,
    schema: MAX_HASH,
    claims: testHash('claims'),
    issuedAt: UINT64_MAX,
    expiresAt: UINT64_MAX,
    index: 2n ** 256n - 1n
  }
}

export const keyCompromises: Cases<KeyCompromise> = {
  plain: { issuer: issuer.address, since: 1_800_000_000 },
  zeros: { issuer: ZERO_ADDRESS, since: 0 },
  'largest numbers': { issuer: MAX_ADDRESS, since: UINT64_MAX }
}
