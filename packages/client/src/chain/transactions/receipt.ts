import type { Hex } from '@archipel/protocol'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'
import { replyError } from '../rpc/rpc-errors.ts'
import { keyOfReply, vote } from '../rpc/vote.ts'

/** A log as JSON-RPC gives it. */
export interface RawLog {
  readonly address: Hex
  readonly topics: readonly Hex[]
  readonly data: Hex
  readonly blockNumber: Hex
  readonly blockHash?: Hex
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
  readonly blockHash: Hex
  readonly blockNumber: Hex
  readonly gasUsed: Hex
  readonly effectiveGasPrice?: Hex
  readonly status: Hex
  readonly logs: readonly RawLog[]
}

/** `unsettled`: endpoints contradict each other, or too few answer. */
export type ReceiptFound = MinedTx | 'none' | 'unsettled'

/**
 * The receipt of a transaction as enough endpoints have it now. It may be gone again later, by a re-organisation.
 *
 * @throws what {@link Rpc.survey} throws, and E_RPC_ERROR when enough endpoints refuse to say
 */
export async function findReceipt(rpc: Rpc, hash: Hex, options?: CallOptions): Promise<ReceiptFound> {
  const answers = await rpc.survey('eth_getTransactionReceipt', [hash], options)
  const verdict = vote(answers, rpc.quorum, keyOfReceipt)
  if (verdict.type === 'open') return 'unsettled'
  const reply = verdict.replies[0]!
  if ('error' in reply) throw replyError('eth_getTransactionReceipt', reply.error)
  const raw = reply.result as RawReceipt | null
  if (raw === null || raw.blockNumber === null) {
    // A few may be behind: whoever took a mined transaction for a lost one would send another.
    const nones = answers.filter(answer => keyOfReply(answer.reply, keyOfReceipt) === NONE).length
    return nones === answers.length || 2 * nones > rpc.endpoints ? 'none' : 'unsettled'
  }
  const gasUsed = BigInt(raw.gasUsed)
  rpc.atLeast(Number(raw.blockNumber))
  return {
    hash,
    blockNumber: Number(raw.blockNumber),
    gasUsed,
    feeWei: gasUsed * BigInt(raw.effectiveGasPrice ?? 0),
    logs: raw.logs,
    succeeded: BigInt(raw.status) === 1n
  }
}

const NONE = 'none'

/** What a receipt means; endpoints add fields of their own. */
function keyOfReceipt(result: unknown): string {
  const raw = result as RawReceipt | null
  if (raw === null || raw.blockNumber === null) return NONE
  const logs = raw.logs.map(({ address, topics, data, logIndex }) => [address, topics, data, Number(logIndex)])
  const { blockHash, gasUsed, effectiveGasPrice, status } = raw
  return JSON.stringify([blockHash, Number(gasUsed), String(effectiveGasPrice), Number(status), logs]).toLowerCase()
}
