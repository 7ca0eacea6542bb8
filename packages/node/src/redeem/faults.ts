import { isCodedError } from '@archipel/protocol'
import type { RedeemFault } from './state.ts'

/** What the errors of the chain mean to whoever redeems. */
const FAULTS: Readonly<Record<string, RedeemFault>> = {
  E_RPC_DOWN: 'chain',
  E_RPC_ERROR: 'chain',
  E_RPC_BAD_REPLY: 'chain',
  E_CHAIN_STALE: 'chain',
  E_TX_REFUSED: 'chain',
  E_WRONG_CHAIN: 'chain',
  E_NO_CONTRACT: 'chain',
  E_TX_QUEUE_FULL: 'chain',
  E_FEE_CEILING: 'fee',
  E_NO_GAS: 'fee',
  E_TX_TIMEOUT: 'unknown',
  E_RPC_DISAGREE: 'unknown',
  E_STOPPED: 'unknown',
  E_VOUCHER_OLD: 'nothing',
  E_CHANNEL_EXHAUSTED: 'nothing',
  E_NOTHING_TO_REDEEM: 'nothing'
}

/** An error that is not ours is our own time limit, or a fault of our own: either way the transaction may be on its way. */
export function faultOf(err: unknown): RedeemFault {
  return isCodedError(err) ? (FAULTS[err.code] ?? 'batch') : 'unknown'
}
