import { type Address, type ChannelId, CodedError, type Wei } from '@archipel/protocol'
import { createHeldRecords } from '../store/held-records.ts'
import type { ChannelRecord, ProviderRecords } from '../store/records.ts'
import type { OnChain } from './looks.ts'

/**
 * The books of all channels: those in use in memory, every one on disk. What the chain says is written into them as it is
 * seen, and only there: nothing else is kept of it.
 */
export interface ChannelBooks {
  readonly size: number
  /** From memory. */
  get(id: ChannelId): ChannelRecord | undefined
  values(): IterableIterator<ChannelRecord>
  /** From memory or disk. */
  find(id: ChannelId): Promise<ChannelRecord | undefined>
  /**
   * A change in memory, whose commit the caller makes and reports with {@link ChannelBooks.stored}. A channel that was not
   * in memory is from now on.
   *
   * @param before what is known of it, from memory or disk
   * @throws CodedError E_BUSY where it was not in memory and there is no room
   */
  set(channel: ChannelRecord, before: ChannelRecord | undefined): void
  stored(channel: ChannelRecord): void
  /** Makes a change and stores it: `set`, commit, `stored`. */
  save(channel: ChannelRecord, before: ChannelRecord | undefined): Promise<void>
  /**
   * Writes down what the chain said, in memory or on disk. One that turns out to have vouchers to redeem comes into memory.
   *
   * @param atMs when it was asked, monotonic
   * @returns the channel after it; undefined where none is known
   */
  see(id: ChannelId, onChain: OnChain, atMs: number): Promise<ChannelRecord | undefined>
  /** When the chain was last asked about it, monotonic; minus infinity where it was not since the start. */
  seenAtMs(id: ChannelId): number
  noteSeen(id: ChannelId, atMs: number): void
  /** When a look last found that more or less was paid out, monotonic: such a payment may still be taken back. */
  settledAtMs(id: ChannelId): number
  /** @throws CodedError E_BUSY where every channel in memory is still good for something */
  makeRoom(): void
  /** Sums over every channel ever, by token. */
  totals(): readonly TokenTotals[]
  start(): Promise<void>
}

export interface TokenTotals {
  readonly token: Address
  readonly vouchered: Wei
  readonly redeemed: Wei
}

/** Channels held in memory. A provider with more buyers than this serves those that were here first. */
export const CHANNELS_MAX = 20_000
/** Beyond them, channels that came from disk because there is something to redeem: they leave once that is done. */
export const WAITING_MAX = 1_024

export interface ChannelBooksInit {
  records: ProviderRecords
  /** True while money of the channel is promised. */
  isPromised: (id: ChannelId) => boolean
  /** Default {@link CHANNELS_MAX}. */
  channelsMax?: number | undefined
}

export function createChannelBooks({
  records,
  isPromised,
  channelsMax = CHANNELS_MAX
}: ChannelBooksInit): ChannelBooks {
  const held = createHeldRecords<ChannelId, ChannelRecord>()
  const seenAtMs = new Map<ChannelId, number>()
  const settledAtMs = new Map<ChannelId, number>()
  const sums = new Map<Address, { vouchered: Wei; redeemed: Wei }>()

  // A payment that is not on disk was not taken: its buyer sends it again, and it must then be new.
  records.store.onFailure(() => {
    const before = new Map([...held.values()].map(channel => [channel.id, channel]))
    for (const [id, channel] of held.revert()) count(before.get(id), channel)
  })

  function count(before: ChannelRecord | undefined, after: ChannelRecord | undefined): void {
    const token = (after ?? before)?.key.token
    if (token === undefined) return
    const { vouchered, redeemed } = sums.get(token) ?? { vouchered: 0n, redeemed: 0n }
    sums.set(token, {
      vouchered: vouchered + (after?.cumulative ?? 0n) - (before?.cumulative ?? 0n),
      redeemed: redeemed + (after?.settled ?? 0n) - (before?.settled ?? 0n)
    })
  }

  function set(channel: ChannelRecord, before: ChannelRecord | undefined): void {
    if (!held.has(channel.id)) {
      if (held.size >= channelsMax + WAITING_MAX) throw busy(channelsMax)
      if (before !== undefined) held.load(channel.id, before)
    }
    held.set(channel.id, channel)
    count(before, channel)
  }

  async function save(channel: ChannelRecord, before: ChannelRecord | undefined): Promise<void> {
    set(channel, before)
    await records.store.commit([records.channels.put(channel.id, channel)])
    held.stored(channel.id, channel)
  }

  function forget(id: ChannelId): boolean {
    if (!held.forget(id)) return false
    seenAtMs.delete(id)
    settledAtMs.delete(id)
    return true
  }

  /** One that is in memory for its vouchers alone leaves with the last of them. */
  function letGo(channel: ChannelRecord): void {
    if (held.size > channelsMax && redeemable(channel) === 0n && !isPromised(channel.id)) forget(channel.id)
  }

  async function find(id: ChannelId): Promise<ChannelRecord | undefined> {
    return held.get(id) ?? (await records.channels.get(id).then(stored => held.get(id) ?? stored))
  }

  return {
    get size() {
      return held.size
    },
    get: held.get,
    values: held.values,
    find,
    set,
    stored: channel => held.stored(channel.id, channel),
    save,
    async see(id, onChain, atMs) {
      const found = await find(id)
      // A payment may have come in meanwhile.
      const known = held.get(id) ?? found
      if (known === undefined) return undefined
      const isHeld = held.has(id)
      const now = updated(known, onChain)
      if (isHeld) seenAtMs.set(id, atMs)
      if (now === known && (isHeld || redeemable(now) === 0n)) return now
      const wanted = isHeld || (redeemable(now) > 0n && held.size < channelsMax + WAITING_MAX)
      if (wanted) {
        if (now.settled !== known.settled) settledAtMs.set(id, atMs)
        seenAtMs.set(id, atMs)
        await save(now, known)
        letGo(now)
      } else {
        count(known, now)
        await records.store.commit([records.channels.put(id, now)])
      }
      return now
    },
    seenAtMs: id => seenAtMs.get(id) ?? Number.NEGATIVE_INFINITY,
    noteSeen: (id, atMs) => void seenAtMs.set(id, atMs),
    settledAtMs: id => settledAtMs.get(id) ?? Number.NEGATIVE_INFINITY,
    makeRoom() {
      if (held.size < channelsMax) return
      for (const channel of held.values()) {
        if (isDrained(channel) && !isPromised(channel.id) && forget(channel.id)) return
      }
      throw busy(channelsMax)
    },
    totals: () => [...sums].map(([token, sum]) => ({ token, ...sum })),
    async start() {
      for await (const [id, record] of records.channels.iterate()) {
        count(undefined, record)
        const room = redeemable(record) > 0n ? channelsMax + WAITING_MAX : channelsMax
        if (!isDrained(record) && held.size < room) held.load(id as ChannelId, record)
      }
    }
  }
}

function busy(channelsMax: number): CodedError {
  return new CodedError('E_BUSY', 'this provider serves too many buyers', { facts: { fault: 'host', channelsMax } })
}

/** A record as the chain has it now; the very same where that is nothing new. */
export function updated(channel: ChannelRecord, { deposit, settled, closeAt }: OnChain): ChannelRecord {
  if (deposit === channel.deposit && settled === channel.settled && closeAt === channel.closeAt) return channel
  const now = { ...channel, deposit, settled, closeAt }
  return { ...now, dueSince: now.cumulative > now.settled ? now.dueSince : 0 }
}

/** Nothing is left on it, for us or for the buyer. */
export function isDrained(channel: ChannelRecord): boolean {
  return channel.deposit === channel.settled && redeemable(channel) === 0n
}

/** What redeeming the newest voucher would pay now. */
export function redeemable({ cumulative, deposit, settled }: ChannelRecord): Wei {
  const payable = cumulative < deposit ? cumulative : deposit
  return payable > settled ? payable - settled : 0n
}
