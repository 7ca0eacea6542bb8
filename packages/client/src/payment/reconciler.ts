import {
  type Address,
  type ChannelId,
  CodedError,
  isCodedError,
  sameHex,
  type UnixSec,
  type Wei
} from '@archipel/protocol'
import type { Chain } from '../chain/index.ts'
import type { CallOptions } from '../client.ts'
import { delay } from '../net/index.ts'
import type { BuyerRecords } from '../records.ts'
import type { Channels, ProvidersChannel } from './channels.ts'
import { type StrayChannel, searchStrays } from './strays.ts'

/**
 * Keeps a buyer's records and the chain together. Level-triggered: each pass looks at what is, on chain and in the store,
 * and does what follows from it, so nothing depends on an event that was seen or a pass that ended.
 */
export interface Reconciler {
  /** Passes from now on, in the background: one at once, then on a timer. */
  start(): void
  stop(): void
  /**
   * One pass. What fails for one channel is told and does not keep others from theirs.
   *
   * @throws CodedError what the chain's questions throw
   */
  run(options?: ReconcileOptions): Promise<Reconciled>
  /** Wants the money of these channels back; true for ever, also after a restart. @throws CodedError E_NO_SUCH_CHANNEL */
  exit(ids: readonly ChannelId[]): Promise<void>
  /** Every channel of ours, on record or found on chain. */
  all(): Promise<OwnChannel[]>
}

export interface ReconcileOptions extends CallOptions {
  /** Sends no transaction. */
  lookOnly?: boolean
}

/** A channel of this buyer. */
export interface OwnChannel extends Pick<StrayChannel, 'id' | 'key' | 'deposit' | 'settled' | 'closeAt' | 'exit'> {
  /** Undefined for one whose records are lost. */
  readonly provider: Address | undefined
  /** Promised by vouchers; unknown when the records are lost. */
  readonly cumulative: Wei | undefined
}

export interface Reconciled {
  /** Asked back because their provider went silent in the middle of work, and since when. */
  readonly left: readonly { readonly id: ChannelId; readonly provider: Address; readonly lostAt: UnixSec }[]
  /** Found on chain without a record. */
  readonly found: readonly ChannelId[]
  /** About which the chain said something new. */
  readonly changed: readonly ChannelId[]
  readonly requested: readonly { readonly id: ChannelId; readonly closeAt: UnixSec; readonly transaction: string }[]
  readonly closed: readonly { readonly id: ChannelId; readonly refunded: Wei; readonly transaction: string }[]
  /** Due, and kept open by a dispute, up to `until` at most. */
  readonly held: readonly { readonly id: ChannelId; readonly until: UnixSec }[]
  readonly failed: readonly { readonly id: ChannelId; readonly error: unknown }[]
}

export interface ReconcilerInit {
  records: BuyerRecords
  channels: Pick<Channels, 'all' | 'refresh' | 'exit'>
  /** Wall clock. */
  nowSec: () => UnixSec
  chain: Chain
  payer: Address
  /** Block of the escrow's deployment. */
  deployedAt: number
  /** Told of passes and channels in the background that failed: they are tried again. */
  onError: (error: unknown) => void
  /** Told of passes in the background that found or did something. */
  onDone?: ((done: Reconciled) => void) | undefined
  intervalMs?: number
}

/** Nothing here is urgent: what a job needs to know of a channel it asks itself. */
export const RECONCILE_INTERVAL_MS = 5 * 60_000
/** Questions to the chain at once. */
const AT_ONCE = 8
/**
 * A provider that was lost in the middle of work, and not heard of for so long, has gone silent: nothing is owed to it, and
 * what lies in its channels is better elsewhere. Above a night and a morning: most machines are back by then.
 */
export const SILENT_SEC = 36 * 3600

export function createReconciler(init: ReconcilerInit): Reconciler {
  const { records, channels, chain, payer, nowSec, onError, onDone, intervalMs = RECONCILE_INTERVAL_MS } = init
  let stopping: AbortController | undefined
  let underWay: Promise<unknown> = Promise.resolve()

  async function strays(): Promise<StrayChannel[]> {
    const all = await Array.fromAsync(records.strays.iterate(), ([, stray]) => stray)
    return all.filter(({ key }) => sameHex(key.payer, payer))
  }

  async function all(): Promise<OwnChannel[]> {
    const known = (await channels.all()).map(channel => ({ ...ownOf(channel), provider: channel.provider }))
    return [...known, ...(await strays()).map(stray => ({ ...stray, provider: undefined, cumulative: undefined }))]
  }

  async function store(stray: StrayChannel): Promise<void> {
    await records.store.commit([records.strays.put(stray.id, stray)])
  }

  /** What the chain says of it now, stored. */
  async function look(channel: OwnChannel, signal: AbortSignal | undefined): Promise<OwnChannel> {
    if (channel.provider !== undefined) {
      return { ...ownOf(await channels.refresh(channel.id, { signal })), provider: channel.provider }
    }
    const now = { ...channel, ...(await chain.channelState(channel.id, { signal })) }
    const { provider: _, cumulative: __, ...stray } = now
    if (!isSame(channel, now)) await store(stray)
    return now
  }

  async function pass({ lookOnly = false, ...options }: ReconcileOptions): Promise<Reconciled> {
    const { signal } = options
    const { found, ops } = await searchStrays(init, options)
    if (ops.length > 0) await records.store.commit(ops)
    const done: Mutable<Reconciled> = {
      left: lookOnly ? [] : await leaveSilent(),
      found: found.map(({ id }) => id),
      changed: [],
      requested: [],
      closed: [],
      held: [],
      failed: []
    }
    await eachOf((await all()).filter(mayHoldMoney), async channel => {
      try {
        const now = await look(channel, signal)
        if (!isSame(channel, now)) done.changed.push(now.id)
        if (lookOnly || now.exit !== true || now.deposit === now.settled) return
        if (now.closeAt === 0) {
          const { closeAt, hash } = await chain.requestClose(now.key, options)
          done.requested.push({ id: now.id, closeAt, transaction: hash })
        } else {
          const closed = await close(now, options)
          if (closed === undefined) return
          if ('until' in closed) return void done.held.push(closed)
          done.closed.push(closed)
        }
        await look(now, signal)
      } catch (error) {
        signal?.throwIfAborted()
        done.failed.push({ id: channel.id, error })
      }
    })
    return done
  }

  /** Channels of providers that went silent: their money is wanted back, as with `exit`. */
  async function leaveSilent(): Promise<Reconciled['left'][number][]> {
    const left: Reconciled['left'][number][] = []
    for (const { id, provider, lostAt, exit, deposit, settled = 0n } of await channels.all()) {
      const isSilent = lostAt !== undefined && nowSec() - lostAt >= SILENT_SEC
      if (!isSilent || exit === true || deposit === settled) continue
      await channels.exit(id)
      left.push({ id, provider, lostAt })
    }
    return left
  }

  /** Whether it is due is the chain's clock to say, not ours: a transaction that cannot succeed is not sent. */
  async function close(
    { id, key }: OwnChannel,
    options: CallOptions
  ): Promise<Reconciled['closed'][number] | Reconciled['held'][number] | undefined> {
    try {
      const { refunded, hash } = await chain.close(key, options)
      return { id, refunded, transaction: hash }
    } catch (err) {
      if (isCodedError(err) && err.code === 'E_CLOSE_TOO_EARLY') return undefined
      if (isCodedError(err) && err.code === 'E_CHANNEL_HELD') return { id, until: Number(err.facts.openAt) }
      throw err
    }
  }

  /** One at a time: two passes would both ask for the same close. */
  function run(options: ReconcileOptions = {}): Promise<Reconciled> {
    const turn = underWay.then(() => pass(options))
    underWay = turn.catch(() => {})
    return turn
  }

  async function repeat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const done = await run({ signal })
        const { found, left, requested, closed } = done
        if (found.length + left.length + requested.length + closed.length > 0) onDone?.(done)
        for (const { error } of done.failed) onError(error)
      } catch (err) {
        if (signal.aborted) return
        onError(err)
      }
      await delay(intervalMs, signal).catch(() => {})
    }
  }

  return {
    start() {
      if (stopping !== undefined) return
      stopping = new AbortController()
      void repeat(stopping.signal)
    },
    stop() {
      stopping?.abort(new CodedError('E_CLIENT_STOPPED', 'the client was stopped'))
      stopping = undefined
    },
    run,
    async exit(ids) {
      const known = new Map((await all()).map(channel => [channel.id, channel]))
      for (const id of ids) {
        const channel = known.get(id)
        if (channel === undefined) throw noSuchChannel(id)
        if (channel.exit === true) continue
        if (channel.provider !== undefined) await channels.exit(id)
        else {
          const { provider: _, cumulative: __, ...stray } = channel
          await store({ ...stray, exit: true })
        }
      }
    },
    all
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] }

function ownOf({ id, key, deposit, cumulative, settled, closeAt, exit, provider }: ProvidersChannel): OwnChannel {
  return { id, key, deposit, cumulative, settled: settled ?? 0n, closeAt: closeAt ?? 0, exit, provider }
}

function isSame(a: OwnChannel, b: OwnChannel): boolean {
  return a.deposit === b.deposit && a.settled === b.settled && a.closeAt === b.closeAt
}

/** A channel that was left and is closed stays as it is: nobody but us had a reason to pay into it. */
function mayHoldMoney({ deposit, settled, closeAt, exit }: OwnChannel): boolean {
  return exit !== true || deposit !== settled || closeAt !== 0 || deposit === 0n
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker))
}

function noSuchChannel(id: ChannelId): CodedError {
  return new CodedError('E_NO_SUCH_CHANNEL', `no channel ${id} of this wallet is known`, {
    facts: { channel: id },
    hint: 'archipel escrow status lists them'
  })
}
