import { CodedError } from '../errors.ts'
import { type Address, type Hash, sameHex, type UnixSec, type Wei } from '../primitives/hex.ts'
import { type Recover, type SigningDomain, verify } from '../signature/index.ts'
import { chequeType, type SignedCheque } from './cheque.ts'

export interface ChequeContext {
  domain: SigningDomain
  recover: Recover
  nowSec: UnixSec
  /** Who takes it. */
  payee: Address
  token: Address
  /** What it has to be good for at least. */
  amountMin: Wei
  /** How much longer it has to be good for: time to bring it to the chain. */
  ttlSecMin: number
}

/**
 * Checks a cheque as its payee, as far as that goes without the chain: whether the balance covers it, and whether its
 * nonce is unused, only the chain can tell. A payer that is a contract signs as it likes, so ask the chain about its
 * cheques instead.
 *
 * @returns the cheque's digest
 * @throws CodedError E_CHEQUE_MISMATCH, E_CHEQUE_EXPIRED, E_BAD_SIGNATURE
 */
export function validateCheque(
  cheque: SignedCheque,
  { domain, recover, nowSec, payee, token, amountMin, ttlSecMin }: ChequeContext
): Hash {
  const { body } = cheque
  if (!sameHex(body.payee, payee) || !sameHex(body.token, token) || body.amount === 0n || body.amount < amountMin) {
    throw new CodedError('E_CHEQUE_MISMATCH', `the cheque of ${body.payer} is not the one that was asked for`, {
      facts: { payee: body.payee, token: body.token, amount: body.amount, expected: { payee, token, amountMin } }
    })
  }
  if (body.expiresAt < nowSec + ttlSecMin) {
    throw new CodedError('E_CHEQUE_EXPIRED', `the cheque of ${body.payer} expires before it can be cashed`, {
      facts: { expiresAt: body.expiresAt, nowSec, ttlSecMin },
      hint: 'ask for one that is good for longer'
    })
  }
  return verify(cheque, body.payer, { domain, recover, type: chequeType }).digest
}
