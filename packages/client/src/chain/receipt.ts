import { CodedError, type Hex } from '@archipel/protocol'
import { delay } from '../net/wait.ts'
import { RECEIPT_POLL_MS_MAX, RECEIPT_POLL_MS_MIN } from './limits.ts'
import type { CallOptions, Rpc } from './rpc.ts'

/** A log as JSON-RPC gives it. */
export interface RawLog {
  readonly address: Hex
  readonly topics: readonly Hex[]
  readonly data: Hex
  readonly blockNumber: Hex
  readonly transactionHash: Hex
  readonly logIndex: Hex
}

/** A transaction that was mined and did what it was sent for. */
export interface TxReceipt {
  readonly hash: Hex
  readonly blockNumber: number
  readonly gasUsed: bigint
  /** What it cost the sender, in the chain's native coin. */
  readonly feeWei: bigint
  readonly logs: readonly RawLog[]
}

export interface MinedTx extends TxReceipt {
  readonly succeeded: boolean
}

interface RawReceipt {
  readonly transactionHash: Hex
  readonly blockNumber: Hex
  readonly gasUsed: Hex
  readonly effectiveGasPrice?: Hex
  readonly status: Hex
  readonly logs: readonly RawLog[]
}

/**
 * Waits until a transaction is mined. Endpoints that do not answer meanwhile are asked again.
 *
 * @throws CodedError E_TX_TIMEOUT after `timeoutMs`: the transaction may still be mined later
 */
export async function waitForReceipt(
  rpc: Rpc,
  hash: Hex,
  { timeoutMs, signal }: CallOptions & { timeoutMs: number }
): Promise<MinedTx> {
  const giveUpAt = performance.now() + timeoutMs
  for (let pauseMs = RECEIPT_POLL_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, RECEIPT_POLL_MS_MAX)) {
    const receipt = await findReceipt(rpc, hash, signal)
    if (receipt !== undefined) return receipt
    if (performance.now() + pauseMs > giveUpAt) throw txTimeout(hash, timeoutMs)
    await delay(pauseMs, signal)
  }
}

async function findReceipt(rpc: Rpc, hash: Hex, signal: AbortSignal | undefined): Promise<MinedTx | undefined> {
  let raw: RawReceipt | null
  try {
    raw = (await rpc.request('eth_getTransactionReceipt', [hash], { signal })) as RawReceipt | null
  } catch (err) {
    // The money may be on its way: silence now says nothing about it.
    if ((err as { code?: unknown }).code === 'E_RPC_DOWN') return undefined
    throw err
  }
  if (raw === null || raw.blockNumber === null) return undefined
  const gasUsed = BigInt(raw.gasUsed)
  return {
    hash,
    blockNumber: Number(raw.blockNumber),
    gasUsed,
    feeWei: gasUsed * BigInt(raw.effectiveGasPrice ?? 0),
    logs: raw.logs,
    succeeded: BigInt(raw.status) === 1n
  }
}

function txTimeout(hash: Hex, timeoutMs: number): CodedError {
  return new CodedError('E_TX_TIMEOUT', `transaction ${hash} was not mined within ${timeoutMs} ms`, {
    facts: { hash, timeoutMs },
    hint: 'it may still be: look at the channel again before sending another'
  })
}
