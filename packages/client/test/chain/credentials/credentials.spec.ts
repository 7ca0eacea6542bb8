import { credentialsAbi } from '@archipel/contracts'
import {
  type Address,
  CodedError,
  type CredentialDraft,
  createCredentialsDomain,
  createPureSigner,
  createSigningDomain,
  declareCompromise,
  draftCredential,
  issueCredential,
  recoverPure,
  validateCredential,
  validateCredentialFacts
} from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KNOWN_ERRORS } from '../../../src/chain/contract/decode-revert.ts'
import { createCredentials, deployContracts } from '../../../src/chain/index.ts'
import { type Anvil, devSigner, startAnvil } from '../anvil.ts'

/** Deployment and EIP-712 helpers that no transaction of ours can run into. */
const OUT_OF_REACH = ['InvalidShortString', 'StringTooLong']
const [issuer, other] = [devSigner(1), devSigner(2)]
const subject: Address = `0x${'5b'.repeat(20)}`

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    err => {
      expect(err).toBeInstanceOf(CodedError)
      return (err as CodedError).code
    }
  )
}

it('every error that Credentials declares is known', () => {
  const declared = credentialsAbi.filter(entry => entry.type === 'error').map(entry => entry.name)
  expect(declared.filter(name => !KNOWN_ERRORS.includes(name)).sort()).toEqual(OUT_OF_REACH)
})

describe('credentials on a chain', () => {
  let anvil: Anvil
  let place: Awaited<ReturnType<typeof deployContracts>>
  let now: number
  beforeAll(async () => {
    anvil = await startAnvil()
    place = await deployContracts({ rpcUrls: [anvil.url], chainId: anvil.chainId, signer: devSigner(0) })
    now = await chainTime()
  })
  afterAll(() => anvil.stop())

  const as = (signer?: typeof issuer, changes: { credentials?: Address; escrow?: Address } = {}) =>
    createCredentials({ rpcUrls: [anvil.url], chainId: anvil.chainId, ...place, signer, ...changes })
  const chainTime = async () =>
    Number(((await anvil.request('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }).timestamp)
  const domain = () => createSigningDomain(anvil.chainId, place.escrow)
  const draft = (index: bigint): CredentialDraft => ({
    subject,
    schema: 'urn:x-archipel:schema:site-audit:1',
    claims: { powerFeeds: 2 },
    issuedAt: now,
    expiresAt: now + 1000,
    index
  })
  /** What the chain says, and what our own rules say of what the chain knows: always the same. */
  async function statusOf(index: bigint, changes: Partial<CredentialDraft> = {}): Promise<string> {
    const bundle = issueCredential(issuer, domain(), { ...draft(index), ...changes })
    const status = await as().credentialStatus(bundle.credential, bundle.signature)
    const chainNow = await chainTime()
    const judged = await codeOf(
      (async () => {
        const checks = { domain: domain(), recover: recoverPure, nowSec: chainNow, subject }
        const { digest } = validateCredential(bundle, checks)
        validateCredentialFacts(bundle.credential, await as().credentialFacts(bundle.credential, digest))
      })()
    )
    const codes: Record<string, string | undefined> = {
      valid: undefined,
      revoked: 'E_CREDENTIAL_REVOKED',
      'key-compromised': 'E_CREDENTIAL_KEY_COMPROMISED',
      expired: 'E_CREDENTIAL_EXPIRED',
      'not-yet-valid': 'E_CREDENTIAL_NOT_YET'
    }
    expect(judged).toBe(codes[status])
    return status
  }

  it('are recognised, and nothing else is taken for them', async () => {
    await as().checkCredentials()
    expect(await codeOf(as(undefined, { credentials: place.token }).checkCredentials())).toBe('E_NO_CONTRACT')
    expect(await codeOf(as(undefined, { escrow: place.token }).checkCredentials())).toBe('E_NO_CONTRACT')
  })

  it('hold while they are valid', async () => {
    expect(await statusOf(1n)).toBe('valid')
    expect(await statusOf(1n, { expiresAt: now - 1, issuedAt: now - 2 })).toBe('expired')
    expect(await statusOf(1n, { issuedAt: now + 900 })).toBe('not-yet-valid')
    const forged = issueCredential(other, domain(), draft(1n))
    const claimed = { ...forged.credential, issuer: issuer.address }
    expect(await as().credentialStatus(claimed, forged.signature)).toBe('unsigned')
  })

  it('are revoked, 256 in one transaction', async () => {
    const numbers = Array.from({ length: 256 }, (_, i) => 512n + BigInt(i))
    await as(issuer).revokeCredentials([512n])
    const [receipt, ...more] = await as(issuer).revokeCredentials(numbers)
    expect(more).toEqual([])
    expect(receipt!.gasUsed).toBeLessThanOrEqual(29_000n)
    expect(await as().revokedWord(issuer.address, 2n)).toBe(2n ** 256n - 1n)
    expect(await statusOf(700n)).toBe('revoked')
    expect(await statusOf(511n)).toBe('valid')
    expect(await codeOf(as(issuer).revokeCredentials(numbers))).toBe('E_NOTHING_CHANGES')
    expect(await as(issuer).revokeCredentials([7n, 2n ** 256n - 1n, 8n])).toHaveLength(2)
    expect(await statusOf(2n ** 256n - 1n)).toBe('revoked')
    expect(await codeOf(as().revokeCredentials([1n]))).toBe('E_NO_SIGNER')
  })

  it('of a stolen key hold only where they were anchored before', async () => {
    const { digest } = validateCredential(issueCredential(issuer, domain(), draft(20n)), {
      domain: domain(),
      recover: recoverPure,
      nowSec: now
    })
    await as(issuer).anchor(digest)
    expect(await codeOf(as(issuer).anchor(digest))).toBe('E_NOTHING_CHANGES')
    const anchoredAt = await as().anchoredAt(issuer.address, digest)
    expect(anchoredAt).toBeGreaterThan(0)
    expect(await codeOf(as(issuer).markCompromised(anchoredAt + 10_000))).toBe('E_SINCE_OUT_OF_RANGE')

    // Somebody else hands in what the issuer signed when its key was still its own.
    await anvil.request('evm_increaseTime', [10])
    await anvil.request('evm_mine')
    const towards = createCredentialsDomain(anvil.chainId, place.credentials)
    const { body, signature } = declareCompromise(issuer, anchoredAt + 1, towards)
    expect(await codeOf(as(other).markCompromisedFor(issuer.address, body.since - 1, signature))).toBe(
      'E_BAD_SIGNATURE'
    )
    await as(other).markCompromisedFor(body.issuer, body.since, signature)
    expect(await as().compromisedSince(issuer.address)).toBe(anchoredAt + 1)
    expect(await statusOf(20n)).toBe('valid')
    expect(await statusOf(21n)).toBe('key-compromised')
    await as(issuer).markCompromised(anchoredAt)
    expect(await statusOf(20n)).toBe('key-compromised')
  })

  it('of contract accounts are asked of the contract', async () => {
    // Answers ERC-1271's magic value to anything.
    const wallet: Address = `0x${'c0'.repeat(20)}`
    const credential = draftCredential(wallet, draft(1n))
    expect(await as().credentialStatus(credential, new Uint8Array(0))).toBe('unsigned')
    await anvil.request('anvil_setCode', [wallet, '0x631626ba7e60e01b5f5260205ff3'])
    expect(await as().credentialStatus(credential, new Uint8Array(0))).toBe('valid')
    const { signature } = issueCredential(createPureSigner(new Uint8Array(32).fill(9)), domain(), draft(1n))
    expect(await as().credentialStatus(credential, signature)).toBe('valid')
  })
})
