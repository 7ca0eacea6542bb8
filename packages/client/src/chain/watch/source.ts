import type { Address, Hex } from '@archipel/protocol'
import type { EventCodec, EventPlace } from '../contract/event-codec.ts'
import type { EscrowEvent } from '../escrow/events.ts'
import { readLogs, tooMany } from '../escrow/history.ts'
import { EVENTS_MAX } from '../limits.ts'
import { type CallOptions, type Rpc, toQuantity } from '../rpc/rpc.ts'
import type { WatchFilter } from './chain-source.ts'
import type { WatchedEvent } from './watch-step.ts'

/** What a watcher asks a chain about one contract: the escrow if nothing else is said. */
export interface ChainSource<Event extends EventPlace = EscrowEvent, Filter = WatchFilter> {
  /** Number of the newest block. */
  head(options?: CallOptions): Promise<number>
  blockHash(blockNumber: number, options?: CallOptions): Promise<Hex | undefined>
  /** Answers for one filter. It remembers what it saw opened. */
  select(filter: Filter | undefined): EventSource<Event>
}

/** Events of some blocks, both inclusive, in order. @throws E_TOO_MANY_EVENTS, E_RPC_ERROR: ask for fewer blocks */
export type EventSource<Event extends EventPlace = EscrowEvent> = (
  fromBlock: number,
  toBlock: number,
  options?: CallOptions
) => Promise<WatchedEvent<Event>[]>

/** As `eth_getLogs` takes them: each place a topic, several to choose from, or null for any. */
export type Topics = readonly (Hex | readonly Hex[] | null)[]

/** Asks for the events of some blocks that have these topics. */
export type AskEvents<Event extends EventPlace> = (topics: Topics) => Promise<WatchedEvent<Event>[]>

/** How a filter asks: for the same blocks, as often as it needs to. */
export type Selection<Event extends EventPlace> = (ask: AskEvents<Event>) => Promise<WatchedEvent<Event>[]>

interface SourceInit<Event extends EventPlace & { readonly name: string }, Filter> {
  contract: Address
  codec: EventCodec<Event>
  select: (filter: Filter | undefined) => Selection<Event>
}

export function createSource<Event extends EventPlace & { readonly name: string }, Filter>(
  rpc: Rpc,
  { contract, codec, select }: SourceInit<Event, Filter>
): ChainSource<Event, Filter> {
  async function read(topics: Topics, fromBlock: number, toBlock: number, options?: CallOptions) {
    const filter = { address: contract, topics, fromBlock: toQuantity(fromBlock), toBlock: toQuantity(toBlock) }
    const logs = await readLogs(rpc, filter, toBlock, options)
    if (logs.length > EVENTS_MAX) throw tooMany({ fromBlock })
    return logs.map(log => ({ event: codec.decodeOf(contract, log), blockHash: log.blockHash ?? ('0x' as Hex) }))
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
      const selection = select(filter)
      return async (fromBlock, toBlock, options) =>
        inOrder(await selection(topics => read(topics, fromBlock, toBlock, options)))
    }
  }
}

/** Questions about more things by name than this are refused by some endpoints: beyond it all are read. */
export async function askByName<Event extends EventPlace>(
  ask: AskEvents<Event>,
  topics: readonly Hex[],
  { ids, idOf, max }: { ids: ReadonlySet<Hex>; idOf: (event: Event) => Hex | undefined; max: number }
): Promise<WatchedEvent<Event>[]> {
  if (ids.size === 0) return []
  if (ids.size <= max) return ask([topics, [...ids]])
  // One question about everybody's is less work than many about ours.
  const all = await ask([topics])
  return all.filter(({ event }) => ids.has(idOf(event) ?? '0x'))
}

/** One event may answer two questions. */
function inOrder<Event extends EventPlace>(events: readonly WatchedEvent<Event>[]): WatchedEvent<Event>[] {
  const byPlace = new Map(events.map(watched => [placeOf(watched.event), watched]))
  return [...byPlace].sort(([a], [b]) => a - b).map(([, watched]) => watched)
}

function placeOf({ blockNumber, logIndex }: EventPlace): number {
  // Both are far below 2^26.
  return blockNumber * 2 ** 20 + logIndex
}
