import { assert } from '../errors.ts'
import type { Hash, Wei } from '../primitives/hex.ts'
import type { Receipt } from '../receipt/receipt.ts'
import { appendLeaf, leafHash, type ReceiptLog } from '../receipt-log/log.ts'
import type { Pay } from './payment.ts'

/** What paying one receipt adds to a channel. */
export interface Due {
  /** Digest of the receipt. */
  readonly receipt: Hash
  /** What this receipt adds to what earlier ones of its agreement were already paid. */
  readonly amount: Wei
}

export interface Paid {
  readonly log: ReceiptLog
  readonly cumulative: Wei
}

/** Pays dues one by one: both sides fold the same receipts the same way and so reach the same commitment. */
export function payDues(
  from: Paid,
  dues: readonly Due[]
): Paid & { readonly leaves: readonly { receipt: Hash; cumulative: Wei }[] } {
  let { log, cumulative } = from
  const leaves = dues.map(({ receipt, amount }) => {
    assert(amount >= 0n, 'paying a receipt takes nothing back')
    cumulative += amount
    log = appendLeaf(log, leafHash(receipt, cumulative))
    return { receipt, cumulative }
  })
  return { log, cumulative, leaves }
}

/** What one side knows of an agreement's receipts. */
export interface ReceiptBook {
  /** In sequence, from 0. */
  readonly receipts: readonly Receipt[]
  /** How many of them are paid. */
  readonly paidReceipts: number
}

/**
 * What each of `pays` adds, from our own books: one by one, as if those before it were paid already.
 *
 * Receipts of an agreement are paid in sequence and once: a receipt that is skipped to, was paid before or is not ours
 * has no due. (If skipping were allowed, paying only the last and smallest step would count as paying all of them.)
 *
 * @param bookOf what we know of an agreement, if it is one of ours on this channel
 * @param digest digest of a receipt
 */
export function duesOf(
  pays: readonly Pay[],
  bookOf: (agreement: Hash) => ReceiptBook | undefined,
  digest: (receipt: Receipt) => Hash
): (Due | undefined)[] {
  const paidOf = new Map<Hash, number>()
  return pays.map(({ agreement, sequence }) => {
    const book = bookOf(agreement)
    const paid = paidOf.get(agreement) ?? book?.paidReceipts
    const receipt = book?.receipts[sequence]
    if (receipt === undefined || sequence !== paid) return undefined
    paidOf.set(agreement, sequence + 1)
    return { receipt: digest(receipt), amount: receipt.amount - (book?.receipts[sequence - 1]?.amount ?? 0n) }
  })
}
