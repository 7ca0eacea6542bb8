import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CodedError } from '@archipel/protocol'
import { base32 } from 'multiformats/bases/base32'
import type { CID } from 'multiformats/cid'
import { createBlockCache } from './block-cache.ts'
import type { KeptBlockStore } from './block-store.ts'
import { isBlockOf } from './cid.ts'
import { diskBytesOf } from './evict-node.ts'
import { createRoom } from './room-node.ts'

export interface FsBlockStoreInit {
  /** Folder of the blocks; made when absent. */
  directory: string
  /** Bytes on disk that blocks may take. Default {@link STORE_BYTES_MAX}. */
  bytesMax?: number
  /** Bytes of recently used blocks kept in memory. Default {@link CACHE_BYTES_MAX}. */
  cacheBytesMax?: number
}

/**
 * What was just written is read next: a job's input by its sandbox, its output by its buyer. This much of it never
 * touches the disk again.
 */
export const CACHE_BYTES_MAX = 32 * 1024 * 1024

/** A few large inputs beside what a busy provider runs again and again, on the disk of any rented machine. */
export const STORE_BYTES_MAX = 32 * 1024 ** 3

/** A block's time of use is written down at most this often: reading a block must not cost a write. */
const USED_AGAIN_MS = 3_600_000

/** A half-written block of a process that died is removed after this long; a live one needs milliseconds. */
const ABANDONED_MS = 60 * 60_000

/**
 * Blocks as files, one each, in a folder per two characters so that no folder grows too long. A block appears whole or
 * not at all (written aside, then renamed). Reading checks the hash: a block the disk damaged is removed and counts as
 * absent, so it is fetched again instead of being executed. What is not pinned goes when room is needed, the longest
 * unused first. The folder is all there is: no index that a crash could set against it. Rejects with E_BLOCKSTORE.
 */
export async function createFsBlockStore(init: FsBlockStoreInit): Promise<KeptBlockStore> {
  const { directory } = init
  const cache = createBlockCache(init.cacheBytesMax ?? CACHE_BYTES_MAX)
  const aside = join(directory, 'partial')
  const madeFolders = new Set<string>()
  // Unique among the processes that may share the folder; the count is cheaper than more randomness.
  const partialPrefix = `${randomBytes(12).toString('hex')}-`
  let partials = 0
  await guard('open', directory, () => mkdir(aside, { recursive: true }))
  await removeAbandoned(aside)

  function fileOf(cid: CID): string {
    const name = base32.encode(cid.multihash.digest)
    return join(directory, name.slice(-2), `${name}.block`)
  }

  async function makeFolder(folder: string): Promise<void> {
    if (madeFolders.has(folder)) return
    await mkdir(folder, { recursive: true })
    madeFolders.add(folder)
  }

  /** Notes that a block was used, and says whether it is there, and whole as far as its size tells. */
  async function use(file: string, byteLength?: number): Promise<boolean> {
    try {
      const { mtimeMs, size } = await stat(file)
      if (byteLength !== undefined && size !== byteLength) return false
      const now = new Date()
      if (now.getTime() - mtimeMs > USED_AGAIN_MS) await utimes(file, now, now)
      return true
    } catch (err) {
      if (isAbsent(err)) return false
      throw err
    }
  }

  async function get(cid: CID): Promise<Uint8Array | undefined> {
    const cached = cache.get(cid)
    if (cached !== undefined) return cached
    const file = fileOf(cid)
    return guard('read', file, async () => {
      const [bytes] = await Promise.all([readOrUndefined(file), use(file)])
      if (bytes === undefined) return undefined
      if (!(await isBlockOf(cid, bytes))) return rm(file, { force: true }).then(() => undefined)
      cache.add(cid, bytes)
      return bytes
    })
  }

  async function write(file: string, bytes: Uint8Array): Promise<void> {
    const partial = join(aside, `${partialPrefix}${partials++}`)
    try {
      await Promise.all([writeFile(partial, bytes, { flag: 'wx' }), makeFolder(dirname(file))])
      await rename(partial, file)
    } catch (err) {
      madeFolders.delete(dirname(file))
      await rm(partial, { force: true })
      throw err
    }
  }

  const room = createRoom({
    directory,
    bytesMax: init.bytesMax ?? STORE_BYTES_MAX,
    get,
    onEvict: cache.delete
  })

  return {
    async get(cid) {
      await room.use(cid)
      return get(cid)
    },
    async has(cid) {
      await room.use(cid)
      if (cache.get(cid) !== undefined) return true
      const file = fileOf(cid)
      return guard('read', file, () => use(file))
    },
    async put(cid, bytes) {
      await room.use(cid)
      if (cache.get(cid) !== undefined) return
      const file = fileOf(cid)
      if (await guard('read', file, () => use(file, bytes.byteLength))) return cache.add(cid, bytes)
      const diskBytes = diskBytesOf(bytes.byteLength)
      await room.take(diskBytes)
      try {
        await guard('write', file, () => write(file, bytes))
      } finally {
        room.written(diskBytes)
      }
      cache.add(cid, bytes)
    },
    async delete(cid) {
      cache.delete(cid.multihash.digest)
      const file = fileOf(cid)
      await guard('delete', file, () => rm(file, { force: true }))
    },
    pin: room.pin,
    unpin: room.unpin,
    hold: room.hold,
    stats: room.stats
  }
}

async function removeAbandoned(aside: string): Promise<void> {
  for (const name of await readdir(aside)) {
    const file = join(aside, name)
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(file, { force: true })
  }
}

async function readOrUndefined(file: string): Promise<Uint8Array | undefined> {
  try {
    const buffer = await readFile(file)
    // A Buffer is a Uint8Array whose slice() is a view: callers get the plain kind.
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
  } catch (err) {
    if (isAbsent(err)) return undefined
    throw err
  }
}

async function guard<T>(action: string, file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const reason = (cause as { code?: string }).code ?? 'unknown'
    const full = reason === 'ENOSPC' || reason === 'EDQUOT'
    throw new CodedError(full ? 'E_BLOCKSTORE_FULL' : 'E_BLOCKSTORE', `could not ${action} a block`, {
      facts: { file, reason },
      hint: full ? 'free some disk space' : 'check that the folder is readable and writable',
      cause
    })
  }
}

function isAbsent(err: unknown): boolean {
  return (err as { code?: string }).code === 'ENOENT'
}
