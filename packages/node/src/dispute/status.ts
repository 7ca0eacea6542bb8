import type { UnixSec, Wei } from '@archipel/protocol'

/** What a node tells of its cases. */
export interface DisputeStatus {
  /** Cases that are not over, and what they are about. */
  readonly open: number
  readonly amount: Wei
  /** What our claims have brought, over all time, and what all transactions have cost. */
  readonly won: Wei
  readonly spentWei: bigint
  /** The case whose time runs out first, if we have to act. */
  readonly nextUntil: UnixSec | undefined
  readonly lastError: { readonly atSec: UnixSec; readonly code: string; readonly message: string } | undefined
}
