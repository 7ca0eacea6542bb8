import type { Hex } from '@archipel/protocol'
import type { FeeMarket, Fees } from '../../../src/chain/transactions/fees.ts'
import type { MinedTx } from '../../../src/chain/transactions/receipt.ts'
import type { AccountView, Attempt, Tx, TxEvent } from '../../../src/chain/transactions/tx-state.ts'

export const GWEI = 10n ** 9n
export const market: FeeMarket = { baseFee: 10n * GWEI, tip: GWEI, isLegacy: false }
export const fees: Fees = { type: 2, maxFeePerGas: 21n * GWEI, maxPriorityFeePerGas: GWEI }

export function txOf(id: number, nonce: number, init: Partial<Tx> = {}): Tx {
  const attempt: Attempt = { hash: hashOf(id, 0), fees, atMs: 0, atBlock: undefined }
  return {
    id,
    nonce,
    body: { to: '0x', data: '0x', gasLimit: 21_000n },
    ceiling: undefined,
    attempts: [attempt],
    sentAtMs: 0,
    sends: 1,
    isUnderpriced: false,
    mined: undefined,
    displaced: undefined,
    isFiller: false,
    ...init
  }
}

/** Of the n-th form of a transaction. */
export function hashOf(id: number, n: number): Hex {
  return `0x${id.toString(16).padStart(32, '0')}${n.toString(16).padStart(32, '0')}`
}

export function receiptOf(hash: Hex, blockNumber: number): MinedTx {
  return { hash, blockNumber, gasUsed: 21_000n, feeWei: 1n, logs: [], succeeded: true }
}

/** A look at everything, in which nothing of ours is mined and pools know all of it, unless told otherwise. */
export function lookOf(
  txs: readonly Tx[],
  nowMs: number,
  account: Partial<AccountView> = {},
  mined: ReadonlyMap<number, MinedTx | undefined> = new Map()
): Extract<TxEvent, { type: 'looked' }> {
  const minedCount = account.minedCount ?? 0
  const known = new Set(txs.map(({ id }) => id))
  return {
    type: 'looked',
    nowMs,
    mined: new Map([...txs.map(({ id }) => [id, undefined] as const), ...mined]),
    account: { block: 100, minedCount, pendingCount: minedCount + txs.length, market, known, ...account }
  }
}
