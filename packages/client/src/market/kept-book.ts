import type { Address } from '@archipel/protocol'
import { unref } from '../net/index.ts'
import type { Op, Store, Table } from '../store/index.ts'
import type { BackerFact, BondedKeys } from './admission/bonded-keys.ts'
import type { BookChange, BookEntry } from './book/book.ts'
import { KEPT_BYTES_MAX, KEPT_OPS_PER_COMMIT, KEPT_PAGE_OFFERS, KEPT_SAVE_INTERVAL_MS } from './limits.ts'
import type { TakeOffers } from './sync/fetch-book.ts'

/** Where a book outlives its process. */
export interface KeptTables {
  readonly store: Pick<Store, 'commit'>
  /** provider → its offer as it arrived */
  readonly offers: Table<Uint8Array>
  /** key → whose bond stands behind it, and when the chain said so */
  readonly backers: Table<BackerFact>
}

/**
 * Keeps the book and what is known of keys on disk, so that a restart begins with offers instead of questions. A cache: it
 * is written now and then, what a crash loses comes back from peers, and a disk that fails costs nothing but that.
 */
export interface KeptBook {
  /** Reads what was kept, checks all of it again and hands on what still holds. @returns how many offers do */
  load(take: TakeOffers, signal: AbortSignal): Promise<number>
  /** Told of each change of the book. */
  note(change: BookChange): void
  start(): void
  /** Writes what changed since the last time. */
  stop(): Promise<void>
}

export interface KeptBookInit {
  tables: KeptTables
  bonded: BondedKeys | undefined
  /** Default {@link KEPT_SAVE_INTERVAL_MS}. */
  intervalMs?: number | undefined
}

export function createKeptBook({ tables, bonded, intervalMs = KEPT_SAVE_INTERVAL_MS }: KeptBookInit): KeptBook {
  const { store, offers, backers } = tables
  /** What the disk has. */
  const stored = new Set<Address>()
  const storedFacts = new Map<Address, number>()
  /** What it should have instead: no more than the book and the disk hold. */
  const changed = new Map<Address, BookEntry | undefined>()
  let timer: ReturnType<typeof setInterval> | undefined
  let saving: Promise<void> = Promise.resolve()

  async function save(): Promise<void> {
    const ops: Op[] = []
    for (const [provider, entry] of changed) {
      ops.push(entry === undefined ? offers.del(provider) : offers.put(provider, entry.data))
      if (entry === undefined) stored.delete(provider)
      else stored.add(provider)
    }
    changed.clear()
    for (const [key, fact] of bonded?.facts() ?? []) {
      if (storedFacts.get(key) === fact.seenAt) continue
      storedFacts.set(key, fact.seenAt)
      ops.push(backers.put(key, fact))
    }
    // In small commits, each of its own: payments share the disk, and wait for no more than one of them.
    for (let at = 0; at < ops.length; at += KEPT_OPS_PER_COMMIT)
      await store.commit(ops.slice(at, at + KEPT_OPS_PER_COMMIT))
  }

  function saveSoon(): Promise<void> {
    saving = saving.then(save).catch(() => {})
    return saving
  }

  async function loadFacts(): Promise<void> {
    if (bonded === undefined) return
    for await (const [key, fact] of backers.iterate()) {
      bonded.restore(key as Address, fact)
      storedFacts.set(key as Address, fact.seenAt)
    }
    const known = new Set([...bonded.facts()].map(([key]) => key))
    const old = [...storedFacts.keys()].filter(key => !known.has(key))
    for (const key of old) storedFacts.delete(key)
    if (old.length > 0) await store.commit(old.map(key => backers.del(key)))
  }

  return {
    async load(take, signal) {
      let bytes = 0
      let added = 0
      let page: Uint8Array[] = []
      const handOn = async () => {
        added += (await take(page, signal)).added
        page = []
      }
      await loadFacts()
      for await (const [provider, data] of offers.iterate()) {
        stored.add(provider as Address)
        // Until it is known to hold it is to go.
        changed.set(provider as Address, undefined)
        bytes += data.length
        if (bytes > KEPT_BYTES_MAX || signal.aborted) continue
        page.push(data)
        if (page.length >= KEPT_PAGE_OFFERS) await handOn()
      }
      await handOn()
      return added
    },
    note({ added, removed }) {
      if (removed !== undefined) forget(removed.offer.body.provider)
      if (added !== undefined) changed.set(added.offer.body.provider, added)
    },
    start() {
      timer ??= unref(setInterval(() => void saveSoon(), intervalMs))
    },
    async stop() {
      clearInterval(timer)
      timer = undefined
      await saveSoon()
    }
  }

  function forget(provider: Address): void {
    if (stored.has(provider)) changed.set(provider, undefined)
    else changed.delete(provider)
  }
}
