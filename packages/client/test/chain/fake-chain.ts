import type { Hex } from '@archipel/protocol'
import type { EscrowEvent } from '../../src/chain/escrow/events.ts'
import type { ChainSource } from '../../src/chain/watch/source.ts'
import type { WatchedEvent } from '../../src/chain/watch/watch-step.ts'

interface Block {
  readonly hash: Hex
  readonly events: readonly WatchedEvent[]
}

/** A chain in memory whose blocks hold made-up events and may be replaced. */
export interface FakeChain {
  readonly source: ChainSource
  /** Ranges of blocks that events were asked for. */
  readonly ranges: (readonly [number, number])[]
  /** Every event that is on the chain now, in order. */
  events(): readonly WatchedEvent[]
  hashOf(blockNumber: number): Hex
  readonly head: number
  mine(events: number): void
  /** Takes off `depth` blocks and mines others with so many events each. */
  reorg(depth: number, events: readonly number[]): void
  /** Runs before each answer, and may change the chain. */
  beforeAnswer: () => void
}

export function createFakeChain(): FakeChain {
  let made = 0
  const blocks: Block[] = []
  const ranges: (readonly [number, number])[] = []

  function mine(count: number): void {
    const hash: Hex = `0x${(++made).toString(16).padStart(64, '0')}`
    const events = Array.from({ length: count }, (_, logIndex): WatchedEvent => {
      const place = { blockNumber: blocks.length, logIndex, transactionHash: hash }
      const event = { ...place, name: 'ChannelClosed', id: hash, refunded: 1n } as EscrowEvent
      return { event, blockHash: hash }
    })
    blocks.push({ hash, events })
  }
  mine(0)

  const answer = async <T>(value: () => T): Promise<T> => {
    chain.beforeAnswer()
    return value()
  }
  const chain: FakeChain = {
    ranges,
    events: () => blocks.flatMap(({ events }) => events),
    hashOf: blockNumber => blocks[blockNumber]!.hash,
    get head() {
      return blocks.length - 1
    },
    mine,
    reorg(depth, events) {
      blocks.splice(Math.max(1, blocks.length - depth))
      for (const count of events) mine(count)
    },
    beforeAnswer: () => {},
    source: {
      head: () => answer(() => blocks.length - 1),
      blockHash: blockNumber => answer(() => blocks[blockNumber]?.hash),
      select: () => (fromBlock, toBlock) => {
        ranges.push([fromBlock, toBlock])
        return answer(() => blocks.slice(fromBlock, toBlock + 1).flatMap(({ events }) => events))
      }
    }
  }
  return chain
}
