import { type Address, CodedError, type Hex } from '@archipel/protocol'
import { EVENTS_MAX, LOG_BLOCKS_MAX } from '../limits.ts'
import { type CallOptions, type Rpc, replyErrorOf } from '../rpc/rpc.ts'
import type { RawLog } from '../transactions/receipt.ts'
import { type EscrowEvent, escrowEvents } from './events.ts'

export interface HistoryQuery {
  readonly escrow: Address
  /** As `eth_getLogs` takes them: each place a topic, several to choose from, or null for any. */
  readonly topics: readonly (Hex | readonly Hex[] | null)[]
  readonly fromBlock: number
  /** Inclusive; the latest block if left out. */
  readonly toBlock?: number | undefined
}

/** What `eth_getLogs` is asked for, of any contract. */
export type LogQuery = Omit<HistoryQuery, 'escrow'> & { readonly contract: Address }

/**
 * Events of the escrow in the order they happened.
 *
 * @throws CodedError E_TOO_MANY_EVENTS past {@link EVENTS_MAX}, E_RPC_BAD_REPLY for logs of another contract
 */
export async function readHistory(
  rpc: Rpc,
  { escrow, ...query }: HistoryQuery,
  options?: CallOptions
): Promise<EscrowEvent[]> {
  const logs = await readContractLogs(rpc, { contract: escrow, ...query }, options)
  return logs.map(log => escrowEvents.decodeOf(escrow, log))
}

/**
 * Logs in the order of the chain, asked for in chunks of blocks that shrink to what the endpoint takes.
 *
 * @throws CodedError E_TOO_MANY_EVENTS past {@link EVENTS_MAX}
 */
export async function readContractLogs(rpc: Rpc, query: LogQuery, options?: CallOptions): Promise<RawLog[]> {
  const toBlock = query.toBlock ?? (await readBlockNumber(rpc, options))
  const found: RawLog[] = []
  let chunk = LOG_BLOCKS_MAX
  for (let from = query.fromBlock; from <= toBlock; ) {
    const to = Math.min(from + chunk - 1, toBlock)
    let logs: RawLog[]
    try {
      logs = await readLogs(rpc, filterOf(query, from, to), to, options)
    } catch (err) {
      if (replyErrorOf(err) === undefined || chunk === 1) throw err
      chunk = Math.ceil(chunk / 2)
      continue
    }
    if (found.length + logs.length > EVENTS_MAX) throw tooMany(query)
    for (const log of logs) found.push(log)
    from = to + 1
  }
  return found.sort((a, b) => Number(a.blockNumber) - Number(b.blockNumber) || Number(a.logIndex) - Number(b.logIndex))
}

export function readBlockNumber(rpc: Rpc, options?: CallOptions): Promise<number> {
  return rpc.head(options)
}

/** Logs up to a block, as enough endpoints have them. Who hides some or makes some up is outvoted. */
export async function readLogs(
  rpc: Rpc,
  filter: Record<string, unknown>,
  toBlock: number,
  options?: CallOptions
): Promise<RawLog[]> {
  const question = { method: 'eth_getLogs', params: () => [filter], block: toBlock, keyOf: keyOfLogs }
  const [logs] = await rpc.agree(question, options)
  return logs as RawLog[]
}

/** What logs mean; endpoints add fields of their own. */
export function keyOfLogs(logs: unknown): string {
  const facts = (logs as readonly RawLog[]).map(({ address, topics, data, blockNumber, logIndex, ...log }) => {
    return [address, topics, data, Number(blockNumber), Number(logIndex), log.transactionHash, log.blockHash]
  })
  return JSON.stringify(facts).toLowerCase()
}

function filterOf({ contract, topics }: LogQuery, from: number, to: number): Record<string, unknown> {
  return { address: contract, topics, fromBlock: `0x${from.toString(16)}`, toBlock: `0x${to.toString(16)}` }
}

export function tooMany({ fromBlock }: Pick<HistoryQuery, 'fromBlock'>): CodedError {
  return new CodedError('E_TOO_MANY_EVENTS', `more than ${EVENTS_MAX} events since block ${fromBlock}`, {
    facts: { fromBlock, max: EVENTS_MAX },
    hint: 'ask for fewer blocks at a time'
  })
}
