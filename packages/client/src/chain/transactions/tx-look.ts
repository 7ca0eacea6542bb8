import type { Hex } from '@archipel/protocol'
import { TX_ATTEMPTS_MAX } from '../limits.ts'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'
import { readFeeMarket } from './fees.ts'
import { findReceipt, type MinedTx } from './receipt.ts'
import type { AccountView, Tx, TxState } from './tx-state.ts'

/**
 * Receipts by a transaction's id; undefined for none. Those that nobody can tell now are left out.
 *
 * @param formsMax how many of the newest forms of each are asked about, besides the one that was mined when last seen
 */
export async function lookAtMined(
  rpc: Rpc,
  txs: readonly Tx[],
  options: CallOptions,
  formsMax: number = TX_ATTEMPTS_MAX
): Promise<Map<number, MinedTx | undefined>> {
  const found = await Promise.all(txs.map(async tx => [tx.id, await findForm(rpc, tx, formsMax, options)] as const))
  const mined = new Map<number, MinedTx | undefined>()
  for (const [id, receipt] of found) if (receipt !== 'unsettled') mined.set(id, receipt)
  return mined
}

/** Everything about an account. @throws what {@link Rpc.agree} and {@link Rpc.survey} throw */
export async function lookAtAll(
  rpc: Rpc,
  address: Hex,
  { txs }: TxState,
  options: CallOptions
): Promise<{ mined: Map<number, MinedTx | undefined>; view: AccountView }> {
  const block = await rpc.head(options)
  const counts = await lookAtCounts(rpc, address, options)
  const market = await readFeeMarket(rpc, options)
  // After the count: whatever it counts has its receipt by now, if it is ours.
  const mined = await lookAtMined(rpc, txs, options)
  const waiting = txs.filter(({ id }) => mined.get(id) === undefined)
  const known = await Promise.all(
    waiting.map(async ({ id, attempts }) => ((await isKnownToAll(rpc, attempts.at(-1)!.hash, options)) ? [id] : []))
  )
  return { mined, view: { block, ...counts, market, known: new Set(known.flat()) } }
}

/** @throws what {@link Rpc.agree} and {@link Rpc.survey} throw */
export async function lookAtCounts(
  rpc: Rpc,
  address: Hex,
  options: CallOptions
): Promise<Pick<AccountView, 'minedCount' | 'pendingCount'>> {
  const [mined] = await rpc.agree(
    { method: 'eth_getTransactionCount', params: block => [address, block], keyOf: count => String(Number(count)) },
    options
  )
  const minedCount = Number(mined)
  const pending = (await rpc.survey('eth_getTransactionCount', [address, 'pending'], options))
    .flatMap(({ reply }) => ('error' in reply ? [] : [Number(reply.result)]))
    .sort((a, b) => b - a)
  // A number that only one endpoint claims to be so high is not believed.
  return { minedCount, pendingCount: Math.max(minedCount, pending[rpc.quorum - 1] ?? 0) }
}

/** Newest first; an old form may be mined after a newer one was sent. */
async function findForm(
  rpc: Rpc,
  { attempts, mined }: Tx,
  formsMax: number,
  options: CallOptions
): Promise<MinedTx | undefined | 'unsettled'> {
  const newest = attempts.slice(-formsMax).map(({ hash }) => hash)
  let none: undefined | 'unsettled'
  for (const hash of new Set([...(mined === undefined ? [] : [mined.hash]), ...newest.reverse()])) {
    const found = await findReceipt(rpc, hash, options)
    if (found === 'unsettled') none = 'unsettled'
    else if (found !== 'none') return found
  }
  return none
}

/** Endpoints that cannot say count as knowing it: sending it again would do nothing there. */
async function isKnownToAll(rpc: Rpc, hash: Hex, options: CallOptions): Promise<boolean> {
  const answers = await rpc.survey('eth_getTransactionByHash', [hash], options)
  return answers.every(({ reply }) => 'error' in reply || reply.result !== null)
}
