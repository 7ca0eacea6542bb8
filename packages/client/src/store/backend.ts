import { CodedError } from '@archipel/protocol'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'

/** One change, as LevelDB takes it. */
export type BackendOp = { type: 'put'; key: string; value: Uint8Array } | { type: 'del'; key: string }

export interface BackendRange {
  gte: string
  lt: string
  reverse: boolean
  limit: number
}

/** What the store needs of an ordered key-value database. */
export interface Backend {
  get(key: string): Promise<Uint8Array | undefined>
  batch(ops: BackendOp[], options: { sync: boolean }): Promise<void>
  iterator(range: BackendRange): {
    nextv(size: number): Promise<[string, Uint8Array][]>
    close(): Promise<void>
  }
  close(): Promise<void>
}

/** Where a store lives: a folder (Node), the name of an IndexedDB database (browser), or memory. */
export type StorePlace = { location: string } | { memory: true }

const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'view' } as const

/** Opens the database. Rejects with E_STORE_LOCKED, E_STORE_CORRUPT or E_STORE_OPEN. */
export async function openBackend(place: StorePlace): Promise<Backend> {
  const db =
    'location' in place
      ? new Level<string, Uint8Array>(place.location, ENCODINGS)
      : new MemoryLevel<string, Uint8Array>({ ...ENCODINGS, storeEncoding: 'view' })
  try {
    await db.open()
  } catch (cause) {
    throw openError(place, cause)
  }
  return db as unknown as Backend
}

function openError(place: StorePlace, cause: unknown): CodedError {
  const facts = { location: 'location' in place ? place.location : 'memory', reason: messageOf(cause) }
  switch (codeOf(cause)) {
    case 'LEVEL_LOCKED':
      return new CodedError('E_STORE_LOCKED', 'another process uses this data folder', {
        facts,
        hint: 'stop the other process, or give this one its own folder',
        cause
      })
    case 'LEVEL_CORRUPTION':
      return new CodedError('E_STORE_CORRUPT', 'the data folder is damaged', {
        facts,
        hint: 'restore it from a copy; what is on chain and at other peers can be fetched again',
        cause
      })
    default:
      return new CodedError('E_STORE_OPEN', 'the data folder could not be opened', {
        facts,
        hint: 'check that it exists, is writable, and that the disk has room',
        cause
      })
  }
}

/** The database wraps its own error in a general one. */
function codeOf(err: unknown): unknown {
  const { code, cause } = err as { code?: unknown; cause?: { code?: unknown } }
  return cause?.code ?? code
}

function messageOf(err: unknown): string {
  const { message, cause } = err as { message?: string; cause?: { message?: string } }
  return (cause?.message ?? message ?? String(err)).slice(0, 300)
}
