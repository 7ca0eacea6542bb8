import {
  DISPLACED_MS_MIN,
  GAP_MS_MIN,
  REPLACE_BLOCKS_MIN,
  REPLACE_MS_MIN,
  RESEND_MS_MAX,
  RESEND_MS_MIN,
  STRANGER_BLOCKS_MIN,
  STRANGER_MS_MIN,
  STRANGERS_MAX,
  TX_ATTEMPTS_MAX,
  TX_FEE_GROWTH_MAX
} from '../limits.ts'
import { maxFeeOf, raiseFees } from './fees.ts'
import type { MinedTx } from './receipt.ts'
import type { AccountView, Since, Tx, TxAction, TxEvent, TxState } from './tx-state.ts'

export interface TxStep {
  readonly state: TxState
  readonly actions: readonly TxAction[]
}

/**
 * What to do about an account's transactions after something happened. Pure.
 *
 * Nothing here depends on having seen everything: what was missed shows at the next look. A transaction ends in one of
 * two ways only, mined `confirmations` deep, or displaced by another one with its nonce for good; before that it is kept
 * alive, sent again when pools lost it, and paid better when it is next and others go before it.
 */
export function stepTxs(state: TxState, event: TxEvent, confirmations: number): TxStep {
  switch (event.type) {
    case 'added':
      return idle({ ...state, txs: [...state.txs, event.tx].sort((a, b) => a.nonce - b.nonce) })
    case 'removed': {
      const nonce = state.txs.find(({ id }) => id === event.id)?.nonce
      const strangers =
        event.isHeldByStranger && nonce !== undefined ? new Set([...state.strangers, nonce]) : state.strangers
      return idle({ ...state, txs: state.txs.filter(({ id }) => id !== event.id), strangers })
    }
    case 'replaced': {
      const { attempt } = event
      return idle(
        change(state, event.id, tx => ({
          attempts: [...tx.attempts, attempt],
          sentAtMs: attempt.atMs,
          sends: 1,
          isUnderpriced: false
        }))
      )
    }
    case 'underpriced':
      return idle(change(state, event.id, () => ({ isUnderpriced: true })))
    case 'joined':
      return idle(change(state, event.id, tx => ({ ceiling: higher(tx.ceiling, event.ceiling) })))
    case 'looked':
      return look(state, event, confirmations)
  }
}

/**
 * The nonce for a new transaction: the first that is neither mined, nor ours, nor held by one of an earlier process. What
 * pools claim is believed within bounds: a nonce too high would wait for ever.
 */
export function freeNonce(
  { txs, strangers }: TxState,
  { minedCount, pendingCount }: Pick<AccountView, 'minedCount' | 'pendingCount'>
): number {
  const ours = new Set(txs.map(({ nonce }) => nonce))
  const pending = pendingCount - minedCount <= STRANGERS_MAX + ours.size ? pendingCount : minedCount
  let nonce = minedCount
  while (ours.has(nonce) || strangers.has(nonce) || nonce < pending) nonce++
  return nonce
}

/** What may be offered for a transaction: as much as for any that waits behind it. Undefined: no bound. */
export function ceilingOf({ txs }: TxState, nonce: number): bigint | undefined {
  const behind = txs.filter(tx => tx.nonce >= nonce).map(boundOf)
  return behind.length === 0 ? undefined : behind.reduce((most, one) => (one > most ? one : most))
}

type Looked = Extract<TxEvent, { type: 'looked' }>

function look(state: TxState, event: Looked, confirmations: number): TxStep {
  const actions: TxAction[] = []
  const txs: Tx[] = []
  const { account, nowMs } = event
  const block = account?.block ?? event.block
  for (const before of state.txs) {
    const tx = event.mined.has(before.id) ? { ...before, mined: event.mined.get(before.id) } : before
    if (tx.mined !== undefined) {
      if (isDeep(tx.mined, block, confirmations)) actions.push({ type: 'mined', id: tx.id, receipt: tx.mined })
      else txs.push({ ...tx, displaced: undefined })
      continue
    }
    if (before.mined !== undefined) {
      // A re-organisation took it out again: not all nodes remember what was in replaced blocks.
      actions.push({ type: 'send', id: tx.id })
      txs.push(sent(tx, nowMs))
      continue
    }
    if (account === undefined) txs.push(tx)
    else if (tx.nonce >= account.minedCount) {
      txs.push(tend(state, { ...tx, displaced: undefined }, account, nowMs, actions))
    } else if (!event.mined.has(tx.id)) txs.push(tx)
    else {
      const displaced = tx.displaced ?? { ms: nowMs, block: account.block }
      if (isGone(displaced, nowMs, account.block, confirmations)) actions.push({ type: 'displaced', id: tx.id })
      else txs.push({ ...tx, displaced })
    }
  }
  const next = { ...state, txs }
  return { state: account === undefined ? next : findGaps(next, account, nowMs, actions), actions }
}

/** Keeps a waiting transaction alive. */
function tend(state: TxState, before: Tx, account: AccountView, nowMs: number, actions: TxAction[]): Tx {
  const tx = withBlock(before, account.block)
  const newest = tx.attempts.at(-1)!
  const { market } = account
  const isNext = tx.nonce === account.minedCount
  const isOld =
    isNext &&
    nowMs - newest.atMs >= REPLACE_MS_MIN &&
    // A chain that stands still takes nobody's money faster.
    newest.atBlock !== undefined &&
    account.block - newest.atBlock >= REPLACE_BLOCKS_MIN
  const isTooCheap = tx.isUnderpriced || maxFeeOf(newest.fees) < market.baseFee
  if ((isOld || isTooCheap) && tx.attempts.length < TX_ATTEMPTS_MAX) {
    const fees = raiseFees(newest.fees, market, ceilingOf(state, tx.nonce))
    // Fees that are still too low now would only use up attempts.
    if (fees !== undefined && maxFeeOf(fees) >= market.baseFee) {
      actions.push({ type: 'replace', id: tx.id, fees })
      return tx
    }
  }
  const resendMs = Math.min(RESEND_MS_MIN * 2 ** (tx.sends - 1), RESEND_MS_MAX)
  if (account.known.has(tx.id) || nowMs - tx.sentAtMs < resendMs) return tx
  actions.push({ type: 'send', id: tx.id })
  return sent(tx, nowMs)
}

/** Nonces that ours wait behind, which no transaction of ours has. */
function findGaps(
  state: TxState,
  { block, minedCount, pendingCount }: AccountView,
  nowMs: number,
  actions: TxAction[]
) {
  const top = state.txs.at(-1)?.nonce ?? minedCount
  const ours = new Set(state.txs.map(({ nonce }) => nonce))
  const gaps = new Map<number, Since>()
  for (let nonce = minedCount; nonce < top && gaps.size < STRANGERS_MAX; nonce++) {
    if (ours.has(nonce)) continue
    const since = state.gaps.get(nonce) ?? { ms: nowMs, block }
    gaps.set(nonce, since)
    // One that pools know may be worth its while to whoever sent it, so it gets its chance first.
    const isTaken = pendingCount > nonce || state.strangers.has(nonce)
    const isOver = isTaken
      ? nowMs - since.ms >= STRANGER_MS_MIN && block - since.block >= STRANGER_BLOCKS_MIN
      : nowMs - since.ms >= GAP_MS_MIN
    if (isOver) actions.push({ type: 'fill', nonce, ceiling: ceilingOf(state, nonce) })
  }
  const strangers = new Set([...state.strangers].filter(nonce => nonce >= minedCount && !ours.has(nonce)))
  return { ...state, gaps, strangers }
}

function isDeep({ blockNumber }: MinedTx, block: number | undefined, confirmations: number): boolean {
  return confirmations <= 1 || (block !== undefined && block - blockNumber + 1 >= confirmations)
}

/** Blocks that pass a transaction over are counted from the first look on. */
function withBlock(tx: Tx, atBlock: number): Tx {
  const [first, ...others] = tx.attempts
  return first.atBlock === undefined ? { ...tx, attempts: [{ ...first, atBlock }, ...others] } : tx
}

/** A receipt may show a moment later than the count; and a block with the other one may itself be replaced. */
function isGone(displaced: Since, nowMs: number, block: number, confirmations: number): boolean {
  return nowMs - displaced.ms >= DISPLACED_MS_MIN && block - displaced.block + 1 >= confirmations
}

/** Without a bound of the caller's, fees grow to a multiple of the first ones and no further. */
function boundOf({ ceiling, attempts }: Tx): bigint {
  return ceiling ?? maxFeeOf(attempts[0].fees) * TX_FEE_GROWTH_MAX
}

function higher(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || b === undefined ? undefined : a > b ? a : b
}

function sent(tx: Tx, nowMs: number): Tx {
  return { ...tx, sentAtMs: nowMs, sends: tx.sends + 1 }
}

function change(state: TxState, id: number, by: (tx: Tx) => Partial<Tx>): TxState {
  return { ...state, txs: state.txs.map(tx => (tx.id === id ? { ...tx, ...by(tx) } : tx)) }
}

function idle(state: TxState): TxStep {
  return { state, actions: [] }
}
