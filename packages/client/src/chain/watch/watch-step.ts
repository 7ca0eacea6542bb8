import type { Hex } from '@archipel/protocol'
import type { EventPlace } from '../contract/event-codec.ts'
import type { EscrowEvent } from '../escrow/events.ts'

/** One block, not just any with that number. */
export interface BlockRef {
  readonly blockNumber: number
  readonly blockHash: Hex
}

/**
 * An event and the block that holds it: after a re-organisation the same event may be in another one. The escrow's, where
 * nothing else is said.
 */
export interface WatchedEvent<Event extends EventPlace = EscrowEvent> {
  readonly event: Event
  readonly blockHash: Hex
}

/** What happened since the last batch. First forget what is retracted, newest first; then take in what is added. */
export interface WatchBatch<Event extends EventPlace = EscrowEvent> {
  /** Told before, and undone by a re-organisation. */
  readonly retracted: readonly WatchedEvent<Event>[]
  readonly added: readonly WatchedEvent<Event>[]
  /** Up to here everything is told. */
  readonly tip: BlockRef
  /**
   * Up to here nothing will be retracted: what to store. Whoever starts again from here forgets what came after it, and
   * is told that again as the chain has it then.
   */
  readonly position: BlockRef
}

export interface WatchState<Event extends EventPlace = EscrowEvent> {
  /** Blocks that we built on, by number. The first one is final; the last is the tip. All with events are among them. */
  readonly refs: readonly [BlockRef, ...BlockRef[]]
  /** Told, and after the first of `refs`: could be retracted. In order. */
  readonly events: readonly WatchedEvent<Event>[]
  /** What one look at the chain has found so far. */
  readonly look: Look | undefined
}

interface Look {
  readonly head: number
  /** Indexes into `refs`: the newest known to be still on the chain, and the oldest known not to be. */
  readonly kept: number
  readonly gone: number
  /** The one asked about. */
  readonly asked: number
}

export type WatchEvent<Event extends EventPlace = EscrowEvent> =
  /** A look begins. */
  | { readonly type: 'head'; readonly head: number }
  /** What the chain has at the number that was asked for; undefined for nothing. */
  | { readonly type: 'hash'; readonly blockHash: Hex | undefined }
  /** The events of all blocks after the tip up to `to`. The tip was still on the chain after they were read. */
  | { readonly type: 'read'; readonly to: BlockRef; readonly events: readonly WatchedEvent<Event>[] }

export type WatchAction =
  | { readonly type: 'ask'; readonly blockNumber: number }
  /** Read the events of these blocks; both inclusive. */
  | { readonly type: 'read'; readonly fromBlock: number; readonly toBlock: number }
  /** There is nothing to do until the next look. */
  | { readonly type: 'wait' }
  /** Even what counted as final is not on the chain any more. */
  | { readonly type: 'lost'; readonly position: BlockRef }

export interface WatchStep<Event extends EventPlace = EscrowEvent> {
  /** Counts only once the batch, if there is one, was taken. */
  readonly state: WatchState<Event>
  readonly batch: WatchBatch<Event> | undefined
  readonly action: WatchAction
}

export interface WatchLimits {
  /** Blocks below the newest one are final from this depth on. */
  readonly depth: number
  /** Blocks read at once. */
  readonly blocksMax: number
}

export function startWatch<Event extends EventPlace = EscrowEvent>(position: BlockRef): WatchState<Event> {
  return { refs: [position], events: [], look: undefined }
}

/**
 * Follows a chain that may replace its newest blocks. Pure, and told nothing but what the chain has now: whatever was
 * missed shows at the next look.
 */
export function stepWatch<Event extends EventPlace>(
  state: WatchState<Event>,
  event: WatchEvent<Event>,
  limits: WatchLimits
): WatchStep<Event> {
  switch (event.type) {
    case 'head':
      return begin(state, event.head)
    case 'hash':
      return search(state, event.blockHash, limits)
    case 'read':
      return extend(state, event.to, event.events, limits)
  }
}

function begin<Event extends EventPlace>(state: WatchState<Event>, head: number): WatchStep<Event> {
  // An endpoint that is behind says nothing about blocks that it does not have yet.
  const asked = newestUpTo(state.refs, head)
  if (asked < 0) return step({ ...state, look: undefined }, { type: 'wait' })
  return ask(state, { head, kept: -1, gone: asked + 1, asked })
}

/** What is still on the chain is a beginning of what we know, so the end of it is found by halving. */
function search<Event extends EventPlace>(
  state: WatchState<Event>,
  blockHash: Hex | undefined,
  limits: WatchLimits
): WatchStep<Event> {
  const { look, refs } = state
  if (look === undefined) return step(state, { type: 'wait' })
  const isKept = refs[look.asked]?.blockHash === blockHash
  const kept = isKept ? look.asked : look.kept
  const gone = isKept ? look.gone : look.asked
  if (gone === 0) return step({ ...state, look: undefined }, { type: 'lost', position: refs[0] })
  if (gone - kept > 1) return ask(state, { ...look, kept, gone, asked: Math.floor((kept + gone) / 2) })
  const newest = newestUpTo(refs, look.head)
  if (kept < newest) return rewind(state, kept, look, limits)
  // The endpoint is behind us, and what it has is what we know.
  if (newest < refs.length - 1) return step({ ...state, look: undefined }, { type: 'wait' })
  return go(state, limits)
}

function newestUpTo(refs: WatchState['refs'], head: number): number {
  return refs.findLastIndex(({ blockNumber }) => blockNumber <= head)
}

/** Takes back everything after a block. */
function rewind<Event extends EventPlace>(
  state: WatchState<Event>,
  kept: number,
  look: Look,
  limits: WatchLimits
): WatchStep<Event> {
  const refs = [state.refs[0], ...state.refs.slice(1, kept + 1)] as const
  const fork = refs[kept]!
  const events = state.events.filter(({ event }) => event.blockNumber <= fork.blockNumber)
  const retracted = state.events.slice(events.length).toReversed()
  const batch = { retracted, added: [], tip: fork, position: refs[0] }
  return { ...go({ refs, events, look }, limits), batch: retracted.length === 0 ? undefined : batch }
}

function extend<Event extends EventPlace>(
  state: WatchState<Event>,
  to: BlockRef,
  added: readonly WatchedEvent<Event>[],
  limits: WatchLimits
): WatchStep<Event> {
  const { look } = state
  const tip = state.refs.at(-1)!
  if (look === undefined || to.blockNumber <= tip.blockNumber) return step(state, { type: 'wait' })
  const blocks = new Map<number, Hex>()
  for (const { event, blockHash } of added) blocks.set(event.blockNumber, blockHash)
  blocks.set(to.blockNumber, to.blockHash)
  const found = [...blocks].map(([blockNumber, blockHash]) => ({ blockNumber, blockHash }))
  const refs = [...state.refs, ...found.sort((a, b) => a.blockNumber - b.blockNumber)]
  const first = Math.max(
    0,
    refs.findLastIndex(({ blockNumber }) => blockNumber <= look.head - limits.depth)
  )
  const kept = refs.slice(first)
  const position = kept[0]!
  const events = [...state.events, ...added].filter(({ event }) => event.blockNumber > position.blockNumber)
  const batch = { retracted: [], added, tip: to, position }
  return { ...go({ refs: [position, ...kept.slice(1)], events, look }, limits), batch }
}

/** Reads on from the tip, if there is more. */
function go<Event extends EventPlace>(state: WatchState<Event>, { blocksMax }: WatchLimits): WatchStep<Event> {
  const fromBlock = state.refs.at(-1)!.blockNumber + 1
  const head = state.look?.head ?? 0
  if (fromBlock > head) return step({ ...state, look: undefined }, { type: 'wait' })
  return step(state, { type: 'read', fromBlock, toBlock: Math.min(head, fromBlock + blocksMax - 1) })
}

function ask<Event extends EventPlace>(state: WatchState<Event>, look: Look): WatchStep<Event> {
  return step({ ...state, look }, { type: 'ask', blockNumber: state.refs[look.asked]!.blockNumber })
}

function step<Event extends EventPlace>(state: WatchState<Event>, action: WatchAction): WatchStep<Event> {
  return { state, action, batch: undefined }
}
