import type { Hash, Wei } from '../primitives/hex.ts'
import { appendLeaf, leafHash, type ReceiptLog } from '../receipt-log/log.ts'

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
    cumulative += amount
    log = appendLeaf(log, leafHash(receipt, cumulative))
    return { receipt, cumulative }
  })
  return { log, cumulative, leaves }
}
