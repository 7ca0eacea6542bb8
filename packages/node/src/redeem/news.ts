import { type Chain, type ChainWatcher, createChainWatcher, type WatchBatch } from '@archipel/client'
import { type Address, type ChannelId, isCodedError } from '@archipel/protocol'
import type { Logger } from '../log.ts'
import type { ChannelBooks } from '../payment/channel-books.ts'

/**
 * Hears of what happens to our channels within seconds: a close that was asked for, a payment that a reorganisation took
 * back. Only ever a reason to look sooner: what is not heard of, the reconciler finds.
 */
export interface ChainNews {
  start(): void
  stop(): Promise<void>
}

export interface ChainNewsInit {
  source: Chain['source']
  owner: Address
  books: Pick<ChannelBooks, 'get' | 'values' | 'noteSeen'>
  /** Something is to be looked at. */
  onNews: () => void
  log: Pick<Logger, 'debug'>
  /** Between two looks, and between two attempts to begin. */
  intervalMs?: number | undefined
}

const BEGIN_INTERVAL_MS = 2_000

export function createChainNews({ source, owner, books, onNews, log, intervalMs }: ChainNewsInit): ChainNews {
  const stopping = new AbortController()
  let watcher: ChainWatcher | undefined
  let timer: NodeJS.Timeout | undefined

  function take({ retracted, added }: WatchBatch): void {
    let isNews = false
    for (const { event } of [...retracted, ...added]) {
      if (!('id' in event) || books.get(event.id as ChannelId) === undefined) continue
      // As good as never looked at.
      books.noteSeen(event.id as ChannelId, Number.NEGATIVE_INFINITY)
      isNews = true
    }
    if (isNews) onNews()
  }

  /** From now on: what happened before, the reconciler reads at the start. */
  async function begin(): Promise<void> {
    const from = await source.head({ signal: stopping.signal })
    if (stopping.signal.aborted) return
    const channels = Array.from(books.values(), ({ id }) => id)
    const started = createChainWatcher({
      source,
      from,
      filter: { payee: owner, channels },
      onBatch: take,
      intervalMs,
      onProblem(problem) {
        log.debug({ code: isCodedError(problem) ? problem.code : String(problem) }, 'could not follow the chain')
        // The place that it knew is gone for good.
        if (isCodedError(problem) && problem.code === 'E_REORG_TOO_DEEP') restart(started)
      }
    })
    watcher = started
    started.start()
  }

  function restart(old: ChainWatcher): void {
    void old.stop()
    if (watcher !== old) return
    watcher = undefined
    // Whatever was reorganised so deeply may concern any channel.
    for (const { id } of books.values()) books.noteSeen(id, Number.NEGATIVE_INFINITY)
    onNews()
    start()
  }

  function start(): void {
    begin().catch(err => {
      if (stopping.signal.aborted) return
      log.debug({ reason: String(err) }, 'could not begin to follow the chain')
      timer = setTimeout(start, intervalMs ?? BEGIN_INTERVAL_MS)
      timer.unref()
    })
  }

  return {
    start,
    async stop() {
      stopping.abort(new DOMException('the node stops', 'AbortError'))
      clearTimeout(timer)
      await watcher?.stop()
    }
  }
}
