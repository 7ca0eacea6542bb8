import type { UnixSec, Wei } from '@archipel/protocol'
import type { RedeemFigures } from './state.ts'

/** What a node tells of its redemptions; counts are since its start. */
export interface RedeemStatus extends RedeemFigures {
  /** Vouchers in hand that are not redeemed. */
  readonly waiting: { readonly channels: number; readonly amount: Wei }
  /** The part of them whose payer wants the rest of its money back. */
  readonly atRisk: { readonly channels: number; readonly amount: Wei; readonly firstCloseAt: UnixSec | undefined }
  /** Transactions under way. */
  readonly inFlight: number
  /** For how much longer the chain is left alone, after attempts that failed. */
  readonly pausedMs: number
  /** Channels that failed and are left alone for a while. */
  readonly troubled: number
  readonly lastError: { readonly atSec: UnixSec; readonly code: string; readonly message: string } | undefined
}
