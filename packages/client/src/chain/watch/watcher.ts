import { CodedError } from '@archipel/protocol'
import { unref } from '../../net/wait.ts'
import type { EventPlace } from '../contract/event-codec.ts'
import type { EscrowEvent } from '../escrow/events.ts'
import { LOG_BLOCKS_MAX, WATCH_DEPTH, WATCH_INTERVAL_MS, WATCH_INTERVAL_MS_MAX } from '../limits.ts'
import type { WatchFilter } from './chain-source.ts'
import type { ChainSource } from './source.ts'
import {
  type BlockRef,
  startWatch,
  stepWatch,
  type WatchAction,
  type WatchBatch,
  type WatchEvent,
  type WatchedEvent,
  type WatchState,
  type WatchStep
} from './watch-step.ts'

/** Follows a contract's events through re-organisations. */
export interface ChainWatcher {
  /** Looks now and then, until stopped. What a look missed the next one finds. */
  start(): void
  /** Ends after the batch that is being taken, if there is one. */
  stop(): Promise<void>
  /**
   * Looks once: resolves when everything up to the newest block was told.
   *
   * @throws what the chain's questions throw, or `onBatch`; what was not taken comes again at the next look. CodedError
   *   E_REORG_TOO_DEEP when the stored position is not on the chain any more: start anew from an earlier one
   */
  look(): Promise<void>
  /** Up to here nothing will be retracted; undefined until the first look. */
  readonly position: BlockRef | undefined
}

export interface ChainWatcherInit<Event extends EventPlace = EscrowEvent, Filter = WatchFilter> {
  source: ChainSource<Event, Filter>
  /**
   * Where an earlier watcher was: its last `position`. Or the first block whose events are told, for one that begins;
   * `latest` for whoever reads by itself what was before: the blocks that are not final yet.
   */
  from: BlockRef | number | 'latest'
  filter?: Filter | undefined
  /** Takes what happened; it is told again what it could not take. */
  onBatch: (batch: WatchBatch<Event>) => Promise<void> | void
  /** Looks that failed are tried again, later and later. */
  onProblem?: ((problem: unknown) => void) | undefined
  /** Blocks below the newest one are final from this depth on. {@link WATCH_DEPTH} if left out. */
  depth?: number | undefined
  intervalMs?: number | undefined
}

export function createChainWatcher<Event extends EventPlace = EscrowEvent, Filter = WatchFilter>(
  init: ChainWatcherInit<Event, Filter>
): ChainWatcher {
  const { source, from, onBatch, onProblem = () => {}, depth = WATCH_DEPTH, intervalMs = WATCH_INTERVAL_MS } = init
  const select = source.select(init.filter)
  const stopping = new AbortController()
  let state: WatchState<Event> | undefined
  let firstBlock = 0
  let blocksMax = LOG_BLOCKS_MAX
  let looking: Promise<void> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  /** Builds on a block that is final, even where less is to be told. */
  async function begin(signal: AbortSignal): Promise<WatchState<Event> | undefined> {
    if (typeof from === 'object') return startWatch(from)
    const final = Math.max(0, (await source.head({ signal })) - depth)
    firstBlock = from === 'latest' ? final + 1 : from
    const blockNumber = Math.max(0, Math.min(firstBlock - 1, final))
    const blockHash = await source.blockHash(blockNumber, { signal })
    return blockHash === undefined ? undefined : startWatch({ blockNumber, blockHash })
  }

  /** Events of as many blocks as endpoints look for at once, each within bounds of its own. */
  async function readSome(fromBlock: number, toBlockMax: number, signal: AbortSignal) {
    for (let toBlock = toBlockMax; ; ) {
      const before = await source.blockHash(toBlock, { signal })
      try {
        const isTold = ({ event }: WatchedEvent<Event>) => event.blockNumber >= firstBlock
        const events = (await select(fromBlock, toBlock, { signal })).filter(isTold)
        blocksMax = Math.min(blocksMax * 2, LOG_BLOCKS_MAX)
        return { before, events, toBlock }
      } catch (err) {
        if (!isTooMuch(err) || fromBlock === toBlock) throw err
        blocksMax = Math.ceil((toBlock - fromBlock + 1) / 2)
        toBlock = fromBlock + blocksMax - 1
      }
    }
  }

  /** @returns undefined when the chain changed meanwhile */
  async function read(now: WatchState<Event>, fromBlock: number, toBlockMax: number, signal: AbortSignal) {
    const { before, events, toBlock } = await readSome(fromBlock, toBlockMax, signal)
    const blockHash = await source.blockHash(toBlock, { signal })
    const tip = now.refs.at(-1)!
    // After all else: had it been replaced before, what was read would not follow it.
    const isOnTip = (await source.blockHash(tip.blockNumber, { signal })) === tip.blockHash
    if (!isOnTip || blockHash === undefined || blockHash !== before || isTorn(events, toBlock, blockHash))
      return undefined
    const read: WatchEvent<Event> = { type: 'read', to: { blockNumber: toBlock, blockHash }, events }
    return read
  }

  async function answer(
    now: WatchState<Event>,
    action: WatchAction,
    signal: AbortSignal
  ): Promise<WatchEvent<Event> | undefined> {
    switch (action.type) {
      case 'ask':
        return { type: 'hash', blockHash: await source.blockHash(action.blockNumber, { signal }) }
      case 'read':
        return read(now, action.fromBlock, action.toBlock, signal)
      case 'lost':
        throw tooDeep(action.position)
      case 'wait':
        return undefined
    }
  }

  async function look(): Promise<void> {
    const { signal } = stopping
    state ??= await begin(signal)
    if (state === undefined) return
    let now = state
    let event: WatchEvent<Event> | undefined = { type: 'head', head: await source.head({ signal }) }
    while (event !== undefined) {
      signal.throwIfAborted()
      const step: WatchStep<Event> = stepWatch(now, event, { depth, blocksMax })
      if (step.batch !== undefined) await onBatch(step.batch)
      state = now = step.state
      event = await answer(now, step.action, signal)
    }
  }

  function lookInTurn(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }

  function schedule(): void {
    if (stopping.signal.aborted) return
    const pauseMs = Math.min(intervalMs * 2 ** Math.min(failures, 10), Math.max(intervalMs, WATCH_INTERVAL_MS_MAX))
    const tick = async () => {
      try {
        await lookInTurn()
        failures = 0
      } catch (err) {
        if (stopping.signal.aborted) return
        failures++
        onProblem(err)
      }
      schedule()
    }
    timer = unref(setTimeout(() => void tick(), pauseMs * (0.75 + Math.random() / 4)))
  }

  return {
    start: schedule,
    async stop() {
      stopping.abort(new CodedError('E_STOPPED', 'the chain watcher was stopped'))
      clearTimeout(timer)
      await looking?.catch(() => {})
    },
    look: lookInTurn,
    get position() {
      return state?.refs[0]
    }
  }
}

/** Events of a block that was replaced while they were read. */
function isTorn(events: readonly WatchedEvent<EventPlace>[], toBlock: number, toHash: string): boolean {
  const hashes = new Map<number, string>([[toBlock, toHash]])
  return events.some(({ event, blockHash }) => {
    const known = hashes.get(event.blockNumber) ?? blockHash
    hashes.set(event.blockNumber, known)
    return known !== blockHash
  })
}

function isTooMuch(err: unknown): boolean {
  return ['E_RPC_ERROR', 'E_TOO_MANY_EVENTS'].includes(String((err as { code?: unknown }).code))
}

function tooDeep(position: BlockRef): CodedError {
  return new CodedError(
    'E_REORG_TOO_DEEP',
    `block ${position.blockNumber} was final and is not on the chain any more`,
    {
      facts: { ...position },
      hint: 'a local chain that was started anew? Otherwise watch again from an earlier block, with more depth'
    }
  )
}
