import type { ChannelId } from '@archipel/protocol'
import { isCodedError, type UnixSec } from '@archipel/protocol'
import type { Logger } from '../log.ts'
import { redeemable } from '../payment/channel-books.ts'
import type { ProviderChannels } from '../payment/channels.ts'
import type { ChannelRecord, ProviderRecords } from '../store/records.ts'

/**
 * Compares the books with the chain, round by round and for ever: deposit, what was paid out, whether a close was asked
 * for. It does not matter how a difference came about, be it a missed event, a crash, a reorganisation or somebody else
 * who redeemed: it is seen, written down, and what follows from it follows.
 */
export interface Reconciler {
  /** Begins with everything. */
  start(): void
  /** The next round begins at once. */
  wake(): void
  stop(): Promise<void>
  status(): ReconcilerStatus
}

export interface ReconcilerStatus {
  /** When every stored channel had been compared once more; undefined before the first time. */
  readonly sweptAt: UnixSec | undefined
  readonly reads: number
  /** Channels that differed. */
  readonly repaired: number
}

export const ROUND_INTERVAL_MS = 5_000
/** Reads of channels in memory in one round. All of them take {@link CHANNELS_MAX} / this × the interval: seven minutes. */
export const READS_PER_ROUND_MAX = 256
/** Reads of channels on disk alone: their vouchers were redeemed when they were last seen. */
export const COLD_READS_PER_ROUND_MAX = 32
/** Between two full sweeps of the disk. */
const SWEEP_INTERVAL_MS = 600_000
const READS_AT_ONCE = 8
const READ_FAILURES_MAX = 3
/** How old knowledge may become: of channels with vouchers to redeem, promised money or a close under way… */
export const HOT_FRESH_MS = 30_000
/** …and of the others in memory. */
export const CALM_FRESH_MS = 300_000
/** What was paid out may be taken back for so long: such channels count as hot… */
const SETTLED_RECENTLY_MS = 600_000
/** …and at first, when it is likeliest and nobody may have seen the event, they are looked at in each round. */
const SETTLED_JUST_NOW_MS = 60_000

export interface ReconcilerInit {
  channels: Pick<ProviderChannels, 'books' | 'isPromised' | 'refresh'>
  records: ProviderRecords
  nowSec: () => UnixSec
  /** Told when something differed, for whoever redeems. */
  onChange: () => void
  log: Pick<Logger, 'debug' | 'info' | 'error'>
  /** Default {@link ROUND_INTERVAL_MS}. */
  intervalMs?: number
}

export function createReconciler(init: ReconcilerInit): Reconciler {
  const { channels, records, nowSec, onChange, log, intervalMs = ROUND_INTERVAL_MS } = init
  const { books } = channels
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> | undefined
  let again = false
  /** Where the sweep of the disk goes on; undefined between two sweeps. */
  let cursor: string | undefined = ''
  let nextSweepMs = 0
  let status: ReconcilerStatus = { sweptAt: undefined, reads: 0, repaired: 0 }

  function freshMsOf(channel: ChannelRecord, nowMs: number): number {
    const settledMs = nowMs - books.settledAtMs(channel.id)
    if (settledMs < SETTLED_JUST_NOW_MS) return Math.min(intervalMs, ROUND_INTERVAL_MS)
    const isHot =
      redeemable(channel) > 0n ||
      channel.closeAt !== 0 ||
      settledMs < SETTLED_RECENTLY_MS ||
      channels.isPromised(channel.id)
    return isHot ? HOT_FRESH_MS : CALM_FRESH_MS
  }

  /** In memory and not looked at for too long, those that are longest overdue first. */
  function overdue(nowMs: number): ChannelId[] {
    const late: { id: ChannelId; byMs: number }[] = []
    for (const channel of books.values()) {
      const byMs = nowMs - books.seenAtMs(channel.id) - freshMsOf(channel, nowMs)
      if (byMs >= 0) late.push({ id: channel.id, byMs })
    }
    return late
      .sort((a, b) => (a.byMs === b.byMs ? 0 : b.byMs - a.byMs))
      .slice(0, READS_PER_ROUND_MAX)
      .map(({ id }) => id)
  }

  /** The next channels of the sweep that are on disk alone. */
  async function cold(nowMs: number): Promise<{ ids: ChannelId[]; next: string | undefined }> {
    if (cursor === undefined && nowMs < nextSweepMs) return { ids: [], next: undefined }
    const ids: ChannelId[] = []
    let passed = 0
    for await (const [id] of records.channels.iterate(cursor === undefined ? {} : { gte: cursor })) {
      if (ids.length === COLD_READS_PER_ROUND_MAX || passed === ENTRIES_PER_ROUND_MAX) return { ids, next: id }
      passed++
      if (books.get(id as ChannelId) === undefined) ids.push(id as ChannelId)
    }
    return { ids, next: undefined }
  }

  /** @returns false when the chain does not answer */
  async function readAll(ids: readonly ChannelId[]): Promise<boolean> {
    let failedInRow = 0
    const queue = ids.values()
    const worker = async () => {
      for (const id of queue) {
        if (failedInRow >= READ_FAILURES_MAX || stopping.signal.aborted) return
        try {
          await read(id)
          failedInRow = 0
        } catch (err) {
          failedInRow++
          log.debug({ channel: id, reason: isCodedError(err) ? err.code : String(err) }, 'could not read a channel')
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(READS_AT_ONCE, ids.length) }, worker))
    return failedInRow < READ_FAILURES_MAX
  }

  async function read(id: ChannelId): Promise<void> {
    const before = await books.find(id)
    const after = await channels.refresh(id, stopping.signal)
    status = { ...status, reads: status.reads + 1 }
    if (before === undefined || after === undefined || !differs(before, after)) return
    status = { ...status, repaired: status.repaired + 1 }
    const { deposit, settled, closeAt } = after
    log.info({ channel: id, deposit, settled, closeAt }, 'the chain has news of a channel')
    onChange()
  }

  async function run(): Promise<void> {
    const nowMs = performance.now()
    if (!(await readAll(overdue(nowMs)))) return
    const { ids, next } = await cold(nowMs)
    const wasSweeping = cursor !== undefined || nowMs >= nextSweepMs
    if (!wasSweeping || !(await readAll(ids))) return
    cursor = next
    if (next !== undefined) return
    nextSweepMs = nowMs + SWEEP_INTERVAL_MS
    status = { ...status, sweptAt: nowSec() }
  }

  function tick(): void {
    if (stopping.signal.aborted) return
    again = round !== undefined
    round ??= run()
      .catch(err => {
        if (!stopping.signal.aborted)
          log.error({ err }, 'could not compare the books with the chain: a fault of our own')
      })
      .finally(() => {
        round = undefined
        if (again) tick()
      })
  }

  return {
    start() {
      timer = setInterval(tick, intervalMs)
      timer.unref()
      tick()
    },
    wake: tick,
    async stop() {
      clearInterval(timer)
      stopping.abort(new DOMException('the node stops', 'AbortError'))
      await round
    },
    status: () => status
  }
}

/** Entries of the disk passed over in one round: most of them are in memory. */
const ENTRIES_PER_ROUND_MAX = 4_096

function differs(before: ChannelRecord, after: ChannelRecord): boolean {
  return before.deposit !== after.deposit || before.settled !== after.settled || before.closeAt !== after.closeAt
}
