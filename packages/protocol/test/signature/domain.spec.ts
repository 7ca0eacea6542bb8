import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSigningDomain, digestOf, voucherType } from '../../src/index.ts'
import { addresses } from '../helpers/arbitraries.ts'
import { check } from '../helpers/check.ts'
import { createOracle } from '../helpers/ethers-oracle.ts'
import { nouns } from '../helpers/nouns.ts'

const chainIds = fc.maxSafeNat()

describe.each(nouns)('$name', ({ type, values }) => {
  it('has the digest that ethers gives it, on any chain and contract', () => {
    const oracle = createOracle(type.encodedType)
    check(
      fc.property(values, chainIds, addresses, (value, chainId, contract) => {
        const domain = createSigningDomain(chainId, contract)
        expect(digestOf(domain, type, value)).toBe(oracle.digest(domain, value as object))
      }),
      100
    )
  })
})

describe('createSigningDomain', () => {
  const contract = `0x${'12'.repeat(20)}` as const

  it('takes a checksummed address for the same contract', () => {
    const checksummed = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    const lower = '0x5fbdb2315678afecb367f032d93f642f64180aa3'
    expect(createSigningDomain(1, checksummed).separator).toEqual(createSigningDomain(1, lower).separator)
  })

  it.each([-1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('refuses chain id %s', chainId => {
    expect(() => createSigningDomain(chainId, contract)).toThrow(RangeError)
  })

  it.each(['0x', `0x${'12'.repeat(19)}`, `0x${'12'.repeat(32)}`, 'escrow'])('refuses contract %s', text => {
    expect(() => createSigningDomain(1, text as `0x${string}`)).toThrow(RangeError)
  })

  it('gives one value another digest on each chain and contract', () => {
    const voucher = { channel: `0x${'01'.repeat(32)}`, cumulative: 1n, commitment: `0x${'02'.repeat(32)}` } as const
    const digests = [1, 2].flatMap(chainId =>
      [contract, `0x${'13'.repeat(20)}` as const].map(escrow =>
        digestOf(createSigningDomain(chainId, escrow), voucherType, voucher)
      )
    )
    expect(new Set(digests).size).toBe(4)
  })
})
