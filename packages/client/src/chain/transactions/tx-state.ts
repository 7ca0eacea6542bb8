import type { Hex } from '@archipel/protocol'
import type { FeeMarket, Fees } from './fees.ts'
import type { MinedTx } from './receipt.ts'

/** What a transaction does, whatever it pays for it. */
export interface TxBody {
  /** Left out, `data` is the code of a new contract. */
  readonly to?: Hex | undefined
  readonly data: Hex
  readonly gasLimit: bigint
}

/** One signed form of a transaction. All forms of one have the same nonce, so at most one of them is ever mined. */
export interface Attempt {
  readonly hash: Hex
  readonly fees: Fees
  readonly atMs: number
  /** The newest block then; undefined while that is not known. */
  readonly atBlock: number | undefined
}

/** A transaction of ours under way. */
export interface Tx {
  readonly id: number
  readonly nonce: number
  readonly body: TxBody
  /** Most that it may ever offer for a unit of gas, in wei. */
  readonly ceiling: bigint | undefined
  /** Oldest first; never empty. */
  readonly attempts: readonly [Attempt, ...Attempt[]]
  /** When an attempt was last given to the endpoints, and how often the newest one was. */
  readonly sentAtMs: number
  readonly sends: number
  /** Pools found its newest fees too low. */
  readonly isUnderpriced: boolean
  /** Where it was mined, when last looked at. */
  readonly mined: MinedTx | undefined
  /** Since when its nonce is used by another transaction than ours. */
  readonly displaced: Since | undefined
  /** Does nothing but use up a nonce that others wait behind. */
  readonly isFiller: boolean
}

export interface Since {
  readonly ms: number
  readonly block: number
}

/** The transactions of one account under way, and what holds them up. */
export interface TxState {
  /** By nonce. */
  readonly txs: readonly Tx[]
  /** Nonces below ours that none of ours has: since when they are in the way. */
  readonly gaps: ReadonlyMap<number, Since>
  /** Nonces that pools said somebody else holds. */
  readonly strangers: ReadonlySet<number>
}

export const NO_TXS: TxState = { txs: [], gaps: new Map(), strangers: new Set() }

/** What the chain knows of an account. */
export interface AccountView {
  /** The newest block. */
  readonly block: number
  /** Transactions of the account that were mined, which is the nonce of the next one. */
  readonly minedCount: number
  /** The same with those that wait in pools without a gap, whoever sent them. */
  readonly pendingCount: number
  readonly market: FeeMarket
  /** Transactions of ours (by id) that every endpoint knows, mined or waiting. */
  readonly known: ReadonlySet<number>
}

export type TxEvent =
  /** A new transaction was signed and is about to be sent. */
  | { readonly type: 'added'; readonly tx: Tx }
  /** It will not be sent after all, or can never be mined. */
  | { readonly type: 'removed'; readonly id: number; readonly isHeldByStranger?: boolean }
  /** Another form of it was signed and is about to be sent. */
  | { readonly type: 'replaced'; readonly id: number; readonly attempt: Attempt }
  | { readonly type: 'underpriced'; readonly id: number }
  /** Somebody else wants the same done, and would pay up to `ceiling` for it. */
  | { readonly type: 'joined'; readonly id: number; readonly ceiling: bigint | undefined }
  /**
   * The chain was looked at. `mined` has the receipt, or undefined for none, of those that were asked about; `block` is
   * there when confirmations are to be counted, `account` when everything was looked at.
   */
  | {
      readonly type: 'looked'
      readonly nowMs: number
      readonly mined: ReadonlyMap<number, MinedTx | undefined>
      readonly block?: number | undefined
      readonly account?: AccountView | undefined
    }

export type TxAction =
  /** Give the newest attempt to the endpoints again. */
  | { readonly type: 'send'; readonly id: number }
  /** Sign and send it again with these fees. */
  | { readonly type: 'replace'; readonly id: number; readonly fees: Fees }
  /** Send something that does nothing with this nonce, so that those above it can be mined. */
  | { readonly type: 'fill'; readonly nonce: number; readonly ceiling: bigint | undefined }
  /** It is mined, and deep enough. */
  | { readonly type: 'mined'; readonly id: number; readonly receipt: MinedTx }
  /** None of its attempts can ever be mined: another transaction has its nonce. */
  | { readonly type: 'displaced'; readonly id: number }
