import { CodedError } from '@archipel/protocol'
import { type Backend, type BackendOp, openBackend, type StorePlace } from './backend.ts'
import { decodeValue, encodeValue } from './codec.ts'
import { createGroupCommit } from './group-commit.ts'

/** One change, made by a table's `put` or `del`; nothing happens until it is committed. */
export type Op = BackendOp

/** A named part of the store: text keys in byte order, values of one type. */
export interface Table<V> {
  readonly name: string
  /** undefined when absent. Rejects with E_STORE_CORRUPT, E_STORE or E_STORE_CLOSED. */
  get(key: string): Promise<V | undefined>
  /** A change that sets `key`. The value is encoded now: later changes to it don't count. Throws E_STORE_VALUE, E_STORE_KEY. */
  put(key: string, value: V): Op
  /** A change that removes `key`, present or not. */
  del(key: string): Op
  /** Entries in key order, as they were when the iteration began; only a few are in memory at once. */
  iterate(range?: IterateRange): AsyncGenerator<[key: string, value: V], void, undefined>
}

export interface IterateRange {
  /** Keys from here on. */
  gte?: string
  /** Keys below this. */
  lt?: string
  /** From the last key to the first. */
  reverse?: boolean
  /** At most this many entries. Default: all. */
  limit?: number
}

/** Durable state: what is committed survives a crash the moment `commit` resolves. */
export interface Store {
  table<V>(name: string): Table<V>
  /**
   * Applies all changes or none and resolves once they are on disk. Concurrent commits share a flush; commits take
   * effect in the order of the calls, and one that fails takes all behind it along. Rejects with E_STORE (then none of
   * them counts), E_STORE_BUSY, E_STORE_CLOSED.
   */
  commit(ops: readonly Op[]): Promise<void>
  /** True while the next commit would be refused with E_STORE_BUSY. */
  readonly isFull: boolean
  /**
   * Calls `listener` when commits fail with E_STORE, before any of those who wait for them hears of it: whoever keeps in
   * memory what was being stored takes it back there. Every commit of a failed flush and behind it has failed.
   */
  onFailure(listener: () => void): void
  /** Waits for the commits under way and lets go of the folder. Idempotent. */
  close(): Promise<void>
}

export type StoreInit = StorePlace & {
  /** Version of the tables' names and values. Raise it when old data no longer reads. Default {@link SCHEMA_VERSION}. */
  schemaVersion?: number
}

/** Version of a store whose owner does not say another. */
export const SCHEMA_VERSION = 2

/** Keys are ids, addresses and counters. */
export const KEY_CHARS_MAX = 512

/** Entries fetched at a time while iterating. */
const ITERATE_BATCH = 128

/** Ends a table's name in a key; sorts before every character a name may have. */
const SEPARATOR = '\u0000'
const PAST_SEPARATOR = '\u0001'
const META = 'store'
const VERSION_KEY = `${META}${SEPARATOR}version`
const TABLE_NAME = /^[a-z][a-z0-9-]{0,31}$/

/**
 * Opens the store, and creates it when there is none. Rejects with E_STORE_LOCKED, E_STORE_VERSION, E_STORE_CORRUPT or
 * E_STORE_OPEN.
 */
export async function createStore(init: StoreInit): Promise<Store> {
  const backend = await openBackend(init)
  try {
    await checkVersion(backend, init.schemaVersion ?? SCHEMA_VERSION)
  } catch (err) {
    await backend.close().catch(() => {})
    throw err
  }
  const listeners: (() => void)[] = []
  const group = createGroupCommit(backend, () => {
    for (const listener of listeners) listener()
  })
  let closing: Promise<void> | undefined

  async function close(): Promise<void> {
    await group.close()
    await backend.close().catch(() => {})
  }

  return {
    table: name => createTable(backend, name, () => closing !== undefined),
    commit: group.commit,
    get isFull() {
      return group.isFull
    },
    onFailure: listener => void listeners.push(listener),
    close() {
      closing ??= close()
      return closing
    }
  }
}

async function checkVersion(backend: Backend, expected: number): Promise<void> {
  const bytes = await backend.get(VERSION_KEY)
  const found = bytes === undefined ? undefined : decodeValue(bytes)
  if (found === expected) return
  if (found === undefined && (await isEmpty(backend))) {
    return backend.batch([{ type: 'put', key: VERSION_KEY, value: encodeValue(expected) }], { sync: true })
  }
  throw new CodedError('E_STORE_VERSION', 'this data folder was written by another version', {
    facts: { found, expected },
    hint: 'use the version of Archipel that wrote it, or another folder'
  })
}

async function isEmpty(backend: Backend): Promise<boolean> {
  const iterator = backend.iterator({ gte: '', lt: '\uffff', reverse: false, limit: 1 })
  try {
    return (await iterator.nextv(1)).length === 0
  } finally {
    await iterator.close()
  }
}

function createTable<V>(backend: Backend, name: string, isClosed: () => boolean): Table<V> {
  if (!TABLE_NAME.test(name) || name === META) {
    throw new CodedError('E_STORE_KEY', 'this is not a name for a table', { facts: { name } })
  }
  const prefix = `${name}${SEPARATOR}`
  const end = `${name}${PAST_SEPARATOR}`

  function fullKey(key: string): string {
    if (key.length === 0 || key.length > KEY_CHARS_MAX) {
      throw new CodedError('E_STORE_KEY', `a key has 1 to ${KEY_CHARS_MAX} characters`, {
        facts: { table: name, chars: key.length }
      })
    }
    return prefix + key
  }

  async function read<T>(work: () => Promise<T>): Promise<T> {
    if (isClosed()) throw new CodedError('E_STORE_CLOSED', 'the store is closed')
    try {
      return await work()
    } catch (cause) {
      throw new CodedError('E_STORE', 'the disk did not give an answer', { facts: { table: name }, cause })
    }
  }

  return {
    name,
    async get(key) {
      const at = fullKey(key)
      const bytes = await read(() => backend.get(at))
      return bytes === undefined ? undefined : (decodeValue(bytes) as V)
    },
    put: (key, value) => ({ type: 'put', key: fullKey(key), value: encodeValue(value) }),
    del: key => ({ type: 'del', key: fullKey(key) }),
    async *iterate({ gte, lt, reverse = false, limit = -1 } = {}) {
      if (isClosed()) throw new CodedError('E_STORE_CLOSED', 'the store is closed')
      const iterator = backend.iterator({
        gte: gte === undefined ? prefix : prefix + gte,
        lt: lt === undefined ? end : prefix + lt,
        reverse,
        limit
      })
      try {
        for (;;) {
          const entries = await read(() => iterator.nextv(ITERATE_BATCH))
          if (entries.length === 0) return
          for (const [key, bytes] of entries) yield [key.slice(prefix.length), decodeValue(bytes) as V]
        }
      } finally {
        await iterator.close()
      }
    }
  }
}

/** A key that sorts as its number does: 16 hexadecimal digits. `value` from 0 to 2^64 - 1. Throws E_STORE_KEY. */
export function orderedKey(value: number | bigint): string {
  const big = BigInt(value)
  if (big < 0n || big >= 1n << 64n) {
    throw new CodedError('E_STORE_KEY', 'an ordered key is from 0 to 2^64 - 1', { facts: { value: big } })
  }
  return big.toString(16).padStart(16, '0')
}
