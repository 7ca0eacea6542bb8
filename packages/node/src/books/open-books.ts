import { existsSync } from 'node:fs'
import { createStore, delay, type Store } from '@archipel/client'
import { type CodedError, isCodedError } from '@archipel/protocol'
import { clientFiles, type NetworkFolder } from '../config/folders.ts'
import { createControlServer } from '../control/control-server.ts'
import { acquireLock } from '../control/lock.ts'
import { connectBooks } from './remote-books.ts'
import { serveBooks } from './serve-books.ts'

/** Readers have the store open for milliseconds; whoever has it longer and does not answer is no command of ours. */
const READERS_TIMEOUT_MS = 5_000
const POLL_MS = 50
/** Times that reading starts again because the process asked has ended. */
const READ_ATTEMPTS_MAX = 5

/**
 * Reads a buyer's books: from disk, or from the process that works with them.
 *
 * @param work only reads, and may be run again
 * @throws CodedError E_STORE_LOCKED when they are in use by a process that does not answer
 */
export async function readBooks<T>(
  folder: NetworkFolder,
  signal: AbortSignal,
  work: (store: Store) => Promise<T>
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const store = await openToRead(folder, signal)
    try {
      return await work(store)
    } catch (err) {
      if (!isCodedError(err) || err.code !== 'E_BOOKS_GONE' || attempt === READ_ATTEMPTS_MAX) throw err
    } finally {
      await store.close()
    }
  }
}

async function openToRead(folder: NetworkFolder, signal: AbortSignal): Promise<Store> {
  const { store: location, control } = clientFiles(folder)
  // Looking must not leave an empty store behind.
  if (!existsSync(location)) return createStore({ memory: true })
  return retryLocked(signal, async () => {
    try {
      return await createStore({ location })
    } catch (err) {
      if (!isLocked(err)) throw err
      const remote = await connectBooks(control, signal)
      if (remote === undefined) throw err
      return remote
    }
  })
}

/** A buyer's books, open for this process alone until it lets go. */
export interface OwnBooks {
  readonly store: Store
  /** Closes the store, too. */
  release(): Promise<void>
}

export interface OwnBooksInit {
  folder: NetworkFolder
  signal: AbortSignal
  /** Called once when another process works with the books, before it is waited for. */
  onWait: (pid: number | undefined) => void
}

/**
 * Opens a buyer's books to work with them. One process at a time: two would sign on the same channels without knowing of
 * each other. Others wait for their turn, or read through the one that has it.
 *
 * @throws CodedError E_STORE_LOCKED; the signal's reason
 */
export async function openOwnBooks({ folder, signal, onWait }: OwnBooksInit): Promise<OwnBooks> {
  const { store: location, lock: lockFile, control } = clientFiles(folder)
  const lock = await waitForLock(lockFile, `the buyer in ${folder.buyer}`, signal, onWait)
  try {
    const store = await retryLocked(signal, () => createStore({ location }))
    const server = createControlServer({ path: control, answers: serveBooks(store) })
    await server.start()
    return {
      store,
      async release() {
        await server.stop()
        await store.close()
        await lock.release()
      }
    }
  } catch (err) {
    await lock.release()
    throw err
  }
}

async function waitForLock(file: string, what: string, signal: AbortSignal, onWait: OwnBooksInit['onWait']) {
  for (let told = false; ; told = true) {
    try {
      return await acquireLock(file, what)
    } catch (err) {
      if (!isCodedError(err) || err.code !== 'E_LOCKED') throw err
      if (!told) onWait(err.facts.pid as number | undefined)
    }
    await delay(POLL_MS, signal)
  }
}

/** Tries again while somebody else has the store open. */
async function retryLocked<T>(signal: AbortSignal, open: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + READERS_TIMEOUT_MS
  for (;;) {
    try {
      return await open()
    } catch (err) {
      if (!isLocked(err) || performance.now() > endMs) throw err
    }
    await delay(POLL_MS, signal)
  }
}

function isLocked(err: unknown): err is CodedError {
  return isCodedError(err) && err.code === 'E_STORE_LOCKED'
}
