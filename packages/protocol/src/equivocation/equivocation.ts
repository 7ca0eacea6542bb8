import { CodedError } from '../errors.ts'
import { type Offer, offerType } from '../offer/offer.ts'
import type { SignedOffer } from '../offer/validate.ts'
import { type Address, type Hash, sameHex, toHex } from '../primitives/hex.ts'
import { type Receipt, receiptType, type SignedReceipt } from '../receipt/receipt.ts'
import { type Recover, type SigningDomain, verify } from '../signature/index.ts'
import { offerFault, receiptFault } from './fault.ts'

/** Proof that `key` broke its word: two receipts with one number of one agreement that state different work. */
export interface ReceiptEquivocation {
  readonly kind: 'receipts'
  /** The node key that signed both; a receipt does not name it. */
  readonly key: Address
  readonly first: SignedReceipt
  readonly second: SignedReceipt
}

/** Proof that a provider broke its word: two different offers with one sequence. */
export interface OfferEquivocation {
  readonly kind: 'offers'
  readonly first: SignedOffer
  readonly second: SignedOffer
}

/** What the Bonds contract takes collateral for, by nobody's judgement. */
export type Equivocation = ReceiptEquivocation | OfferEquivocation

export interface EquivocationContext {
  /** The escrow's. */
  domain: SigningDomain
  recover: Recover
}

/**
 * Whether two receipts contradict each other. To sign the same again at another time is clumsy and no lie: `issuedAt`
 * does not count.
 */
export function receiptsContradict(first: Receipt, second: Receipt): boolean {
  if (!sameHex(first.agreement, second.agreement) || first.sequence !== second.sequence) return false
  return (
    first.kind !== second.kind ||
    !sameHex(first.result, second.result) ||
    first.amount !== second.amount ||
    first.usage.runMs !== second.usage.runMs ||
    first.usage.memoryBytes !== second.usage.memoryBytes ||
    first.usage.outputBytes !== second.usage.outputBytes ||
    first.usage.fuel !== second.usage.fuel
  )
}

/** Whether two offers contradict each other: one provider, one sequence, anything else different. */
export function offersContradict(first: Offer, second: Offer): boolean {
  if (!sameHex(first.provider, second.provider) || first.sequence !== second.sequence) return false
  return toHex(offerType.hashStruct(first)) !== toHex(offerType.hashStruct(second))
}

/** Whose word was broken. */
export function equivocator(proof: Equivocation): Address {
  return proof.kind === 'receipts' ? proof.key : proof.first.body.provider
}

/** What the Bonds contract calls the fault: the same for whichever two of several contradicting statements are shown. */
export function faultOf(proof: Equivocation): Hash {
  return proof.kind === 'receipts'
    ? receiptFault(proof.key, proof.first.body.agreement)
    : offerFault(proof.first.body.provider, proof.first.body.sequence)
}

/**
 * Checks a proof as the Bonds contract does, so that what passes is taken there as well.
 *
 * @returns the fault's name
 * @throws CodedError E_NOT_EQUIVOCAL, E_BAD_SIGNATURE
 */
export function validateEquivocation(proof: Equivocation, { domain, recover }: EquivocationContext): Hash {
  if (proof.kind === 'receipts') {
    if (!receiptsContradict(proof.first.body, proof.second.body)) throw notEquivocal(proof)
    for (const receipt of [proof.first, proof.second])
      verify(receipt, proof.key, { domain, recover, type: receiptType })
  } else {
    if (!offersContradict(proof.first.body, proof.second.body)) throw notEquivocal(proof)
    const { provider } = proof.first.body
    for (const offer of [proof.first, proof.second]) verify(offer, provider, { domain, recover, type: offerType })
  }
  return faultOf(proof)
}

function notEquivocal(proof: Equivocation): CodedError {
  return new CodedError('E_NOT_EQUIVOCAL', `the two ${proof.kind} do not contradict each other`, {
    facts: { kind: proof.kind, key: equivocator(proof) }
  })
}
