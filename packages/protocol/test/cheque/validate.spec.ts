import { describe, expect, it } from 'vitest'
import { buyer, domain, owner, provider, token } from '../../scripts/vector-files/keys.ts'
import {
  type Cheque,
  type ChequeContext,
  chequeType,
  createSigningDomain,
  digestOf,
  recoverPure,
  sign,
  validateCheque
} from '../../src/index.ts'

const nowSec = 1_900_000_000
const body: Cheque = { payer: buyer.address, payee: owner, token, nonce: 1, amount: 100n, expiresAt: nowSec + 60 }
const context: ChequeContext = {
  domain,
  recover: recoverPure,
  nowSec,
  payee: owner,
  token,
  amountMin: 100n,
  ttlSecMin: 60
}
const signed = (changes: Partial<Cheque> = {}) => sign(buyer, domain, chequeType, { ...body, ...changes })

describe('validateCheque', () => {
  it('answers the digest of a good one, also of one for more', () => {
    expect(validateCheque(signed(), context)).toBe(digestOf(domain, chequeType, body))
    expect(validateCheque(signed({ amount: 101n }), context)).toBe(
      digestOf(domain, chequeType, { ...body, amount: 101n })
    )
  })

  it.each<[string, Partial<Cheque>, Partial<ChequeContext>]>([
    ['to somebody else', { payee: provider.address }, {}],
    ['in another token', { token: provider.address }, {}],
    ['for less', { amount: 99n }, {}],
    ['for nothing', { amount: 0n }, { amountMin: 0n }]
  ])('refuses one %s', (_, changes, other) => {
    expect(() => validateCheque(signed(changes), { ...context, ...other })).toThrow(
      expect.objectContaining({ code: 'E_CHEQUE_MISMATCH' })
    )
  })

  it('refuses one that expires a second too soon', () => {
    expect(() => validateCheque(signed({ expiresAt: nowSec + 59 }), context)).toThrow(
      expect.objectContaining({ code: 'E_CHEQUE_EXPIRED' })
    )
  })

  it('refuses one that somebody else signed, or that was signed for another escrow', () => {
    const forged = sign(provider, domain, chequeType, body)
    const elsewhere = sign(buyer, createSigningDomain(31337, token), chequeType, body)
    for (const cheque of [forged, elsewhere]) {
      expect(() => validateCheque(cheque, context)).toThrow(expect.objectContaining({ code: 'E_BAD_SIGNATURE' }))
    }
  })
})
