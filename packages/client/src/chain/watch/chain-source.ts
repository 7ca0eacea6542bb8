import type { Address, ChannelId, Hex } from '@archipel/protocol'
import { BALANCE_EVENTS, CHANNEL_EVENTS, type EscrowEvent, escrowEvents } from '../escrow/events.ts'
import { readLogs, tooMany } from '../escrow/history.ts'
import { EVENTS_MAX, WATCH_CHANNELS_BY_NAME_MAX } from '../limits.ts'
import { type CallOptions, type Rpc, toQuantity } from '../rpc/rpc.ts'
import type { WatchedEvent } from './watch-step.ts'

/** Which events are followed. Left out altogether: all of the escrow. Otherwise those of any of these. */
export interface WatchFilter {
  /** Channels from this account, once they are opened while watching, and its balance. */
  readonly payer?: Address | undefined
  /** Channels to this account, once they are opened while watching, and its balance. */
  readonly payee?: Address | undefined
  /** Channels known from before, or whatever is known at each look. */
  readonly channels?: readonly ChannelId[] | (() => Iterable<ChannelId>) | undefined
}

/** What a watcher asks a chain. */
export interface ChainSource {
  /** Number of the newest block. */
  head(options?: CallOptions): Promise<number>
  blockHash(blockNumber: number, options?: CallOptions): Promise<Hex | undefined>
  /** Answers for one filter. It remembers the channels that it saw opened. */
  select(filter: WatchFilter | undefined): EventSource
}

/** Events of some blocks, both inclusive, in order. @throws E_TOO_MANY_EVENTS, E_RPC_ERROR: ask for fewer blocks */
export type EventSource = (fromBlock: number, toBlock: number, options?: CallOptions) => Promise<WatchedEvent[]>

type Topics = readonly (Hex | readonly Hex[] | null)[]

export function createChainSource(rpc: Rpc, escrow: Address): ChainSource {
  async function read(topics: Topics, fromBlock: number, toBlock: number, options?: CallOptions) {
    const filter = { address: escrow, topics, fromBlock: toQuantity(fromBlock), toBlock: toQuantity(toBlock) }
    const logs = await readLogs(rpc, filter, toBlock, options)
    if (logs.length > EVENTS_MAX) throw tooMany({ fromBlock })
    return logs.map(log => ({ event: escrowEvents.decodeOf(escrow, log), blockHash: log.blockHash ?? '0x' }))
  }

  return {
    head: options => rpc.head(options),
    async blockHash(blockNumber, options) {
      const hashOf = (block: unknown) => (block as { hash: Hex } | null)?.hash
      const params = () => [toQuantity(blockNumber), false]
      const question = {
        method: 'eth_getBlockByNumber',
        params,
        block: blockNumber,
        keyOf: (b: unknown) => String(hashOf(b))
      }
      const [block] = await rpc.agree(question, options)
      return hashOf(block)
    },
    select(filter) {
      if (filter === undefined) {
        const all = [...CHANNEL_EVENTS, ...BALANCE_EVENTS].map(escrowEvents.topicOf)
        return async (fromBlock, toBlock, options) => inOrder(await read([all], fromBlock, toBlock, options))
      }
      const { payer, payee } = filter
      const opened = new Set<ChannelId>()
      const accounts = [payer, payee].flatMap(account => (account === undefined ? [] : [wordOf(account)]))
      return async (fromBlock, toBlock, options) => {
        const ask = (topics: Topics) => read(topics, fromBlock, toBlock, options)
        const named = typeof filter.channels === 'function' ? filter.channels() : (filter.channels ?? [])
        const openings = [
          ...(payer === undefined ? [] : await ask([escrowEvents.topicOf('ChannelOpened'), null, wordOf(payer)])),
          ...(payee === undefined ? [] : await ask([escrowEvents.topicOf('ChannelOpened'), null, null, wordOf(payee)]))
        ]
        for (const { event } of openings) if ('id' in event) opened.add(event.id)
        const ids = new Set([...opened, ...named])
        const found = accounts.length === 0 ? [] : await ask([BALANCE_EVENTS.map(escrowEvents.topicOf), null, accounts])
        if (ids.size > WATCH_CHANNELS_BY_NAME_MAX) {
          // One question about everybody's is less work than many about ours.
          const all = await ask([CHANNEL_EVENTS.map(escrowEvents.topicOf)])
          found.push(...all.filter(({ event }) => 'id' in event && ids.has(event.id)))
        } else if (ids.size > 0) found.push(...(await ask([CHANNEL_EVENTS.map(escrowEvents.topicOf), [...ids]])))
        return inOrder(found)
      }
    }
  }
}

function inOrder(events: readonly WatchedEvent[]): WatchedEvent[] {
  return [...events].sort((a, b) => placeOf(a.event) - placeOf(b.event))
}

function placeOf({ blockNumber, logIndex }: EscrowEvent): number {
  // Both are far below 2^26.
  return blockNumber * 2 ** 20 + logIndex
}

/** An address as a log has it among its topics. */
function wordOf(account: Address): Hex {
  return `0x${account.slice(2).toLowerCase().padStart(64, '0')}`
}
