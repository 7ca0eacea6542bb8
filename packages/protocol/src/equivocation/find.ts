import type { SignedOffer } from '../offer/validate.ts'
import type { Address } from '../primitives/hex.ts'
import type { SignedReceipt } from '../receipt/receipt.ts'
import {
  type OfferEquivocation,
  offersContradict,
  type ReceiptEquivocation,
  receiptsContradict
} from './equivocation.ts'

/**
 * The first contradiction among receipts that `key` signed, if there is one. Signatures are the caller's to check: before,
 * by having accepted the receipts, or after, by `validateEquivocation`.
 */
export function findReceiptEquivocation(
  key: Address,
  receipts: Iterable<SignedReceipt>
): ReceiptEquivocation | undefined {
  const pair = firstPair(
    receipts,
    ({ body }) => `${body.agreement.toLowerCase()} ${body.sequence}`,
    (first, second) => receiptsContradict(first.body, second.body)
  )
  return pair && { kind: 'receipts', key, ...pair }
}

/** The first contradiction among offers, of whichever providers, if there is one. Signatures as above. */
export function findOfferEquivocation(offers: Iterable<SignedOffer>): OfferEquivocation | undefined {
  const pair = firstPair(
    offers,
    ({ body }) => `${body.provider.toLowerCase()} ${body.sequence}`,
    (first, second) => offersContradict(first.body, second.body)
  )
  return pair && { kind: 'offers', ...pair }
}

/** One pass: of statements that agree with each other, the first stands for all. */
function firstPair<T>(
  statements: Iterable<T>,
  nameOf: (statement: T) => string,
  contradict: (first: T, second: T) => boolean
): { first: T; second: T } | undefined {
  const known = new Map<string, T>()
  for (const second of statements) {
    const name = nameOf(second)
    const first = known.get(name)
    if (first === undefined) known.set(name, second)
    else if (contradict(first, second)) return { first, second }
  }
  return undefined
}
