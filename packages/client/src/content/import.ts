import { CodedError } from '@archipel/protocol'
import { encode as encodeNode, type PBLink, prepare } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { importFile, type WritableStorage } from 'ipfs-unixfs-importer'
import type { CID } from 'multiformats/cid'
import type { BlockStore } from './block-store.ts'
import { BLOCK_BYTES_MAX, cidOf, DAG_PB_CODE, RAW_CODE } from './cid.ts'
import { CONTENT_LIMITS, type ContentLimits } from './limits.ts'
import { splitPath } from './path.ts'

/** Bytes of one chunk of a file: a file up to this size is one raw block, named by one hash. */
export const CHUNK_BYTES = 1024 * 1024

/** Names in one directory: its node must fit in one block, so directories are never sharded. */
export const DIRECTORY_ENTRIES_MAX = 8_192

/** A file, or with `content` left out a directory that may stay empty. */
export interface ContentEntry {
  /** Relative, names joined by `/`: `src/main.js`. */
  readonly path: string
  readonly content?: Uint8Array | AsyncIterable<Uint8Array>
  /** The one thing kept of a file's mode: it may be run. Default false. */
  readonly executable?: boolean | undefined
}

export interface ImportOptions {
  /** Default {@link CONTENT_LIMITS}. */
  limits?: Partial<ContentLimits>
  signal?: AbortSignal
}

/** What a file that may be run says of itself (UnixFS 1.5). Others say nothing, and so are one raw block when they are small. */
const EXECUTABLE_MODE = 0o755

/** Files hashed and written at once: enough to keep a disk busy. */
const FILES_AT_ONCE = 8

/** What a directory node says about one of its names. */
interface Stored {
  cid: CID
  /** Bytes of the block and all below it. */
  totalBytes: number
}

interface Folder {
  entries: Map<string, Folder | Stored | undefined>
}

/** Stores bytes as one file. The CID is that of the same file imported from a directory. Rejects with E_BLOCKSTORE… */
export async function importBytes(bytes: Uint8Array, blockstore: BlockStore): Promise<CID> {
  return (await storeBytes(bytes, blockstore)).cid
}

/**
 * Stores files as one directory and returns its CID. The same files give the same CID, in whatever order they come:
 * no times or owners are kept, and of modes only whether a file may be run. Rejects with E_CONTENT_PATH, E_CONTENT_DUPLICATE, E_CONTENT_TOO_LARGE,
 * E_BLOCKSTORE, the signal's reason, or what the source of a file threw.
 */
export async function importFiles(
  entries: Iterable<ContentEntry> | AsyncIterable<ContentEntry>,
  blockstore: BlockStore,
  options: ImportOptions = {}
): Promise<CID> {
  const limits: ContentLimits = { ...CONTENT_LIMITS, ...options.limits }
  const root: Folder = { entries: new Map() }
  const budget = createBudget(limits, options.signal)
  const running = new Set<Promise<void>>()
  let failure: { reason: unknown } | undefined

  try {
    for await (const entry of entries) {
      options.signal?.throwIfAborted()
      if (failure !== undefined) throw failure.reason
      budget.addFile(entry.path)
      const names = splitPath(entry.path)
      const folder = folderAt(root, entry.content === undefined ? names : names.slice(0, -1), entry.path)
      if (entry.content === undefined) continue
      const name = names.at(-1)!
      reserve(folder, name, entry.path)
      const work = storeContent(entry.content, entry.executable === true, blockstore, budget)
        .then(stored => void folder.entries.set(name, stored))
        .catch(reason => {
          failure ??= { reason }
        })
        .finally(() => running.delete(work))
      running.add(work)
      if (running.size >= FILES_AT_ONCE) await Promise.race(running)
    }
  } finally {
    await Promise.all(running)
  }
  if (failure !== undefined) throw (failure as { reason: unknown }).reason
  return (await storeFolder(root, blockstore)).cid
}

function folderAt(root: Folder, names: readonly string[], path: string): Folder {
  let folder = root
  for (const name of names) {
    const found = folder.entries.get(name)
    if (found !== undefined && 'entries' in found) {
      folder = found
      continue
    }
    reserve(folder, name, path)
    const made: Folder = { entries: new Map() }
    folder.entries.set(name, made)
    folder = made
  }
  return folder
}

/** Takes a name before its content is stored, so that two entries of one name are found out. */
function reserve(folder: Folder, name: string, path: string): void {
  if (folder.entries.has(name)) {
    throw new CodedError('E_CONTENT_DUPLICATE', 'two entries have the same path', { facts: { path } })
  }
  if (folder.entries.size >= DIRECTORY_ENTRIES_MAX) {
    throw new CodedError('E_CONTENT_TOO_LARGE', 'too many entries in one directory', {
      facts: { path, entriesMax: DIRECTORY_ENTRIES_MAX },
      hint: 'spread them over several directories'
    })
  }
  folder.entries.set(name, undefined)
}

async function storeContent(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  executable: boolean,
  blockstore: BlockStore,
  budget: Budget
): Promise<Stored> {
  if (!(content instanceof Uint8Array)) return storeChunks(counted(content, budget), executable, blockstore)
  budget.addBytes(content.byteLength)
  return executable ? storeChunks(content, true, blockstore) : storeBytes(content, blockstore)
}

async function storeBytes(bytes: Uint8Array, blockstore: BlockStore): Promise<Stored> {
  if (bytes.byteLength > CHUNK_BYTES) return storeChunks(bytes, false, blockstore)
  const cid = await cidOf(RAW_CODE, bytes)
  await blockstore.put(cid, bytes)
  return { cid, totalBytes: bytes.byteLength }
}

async function storeChunks(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  executable: boolean,
  blockstore: BlockStore
): Promise<Stored> {
  const storage: Pick<WritableStorage, 'put'> = {
    async put(cid, block) {
      if (!(block instanceof Uint8Array)) throw new CodedError('E_ASSERT', 'the importer hands over whole blocks')
      await blockstore.put(cid, block)
      return cid
    }
  }
  const file = executable ? { content, mode: EXECUTABLE_MODE } : { content }
  const { cid, size } = await importFile(file, storage, { profile: 'unixfs-v1-2025' })
  return { cid, totalBytes: Number(size) }
}

async function storeFolder(folder: Folder, blockstore: BlockStore): Promise<Stored> {
  const links: PBLink[] = []
  let totalBytes = 0
  for (const [name, entry] of folder.entries) {
    if (entry === undefined) throw new CodedError('E_ASSERT', 'a file was not stored')
    const stored = 'entries' in entry ? await storeFolder(entry, blockstore) : entry
    links.push({ Name: name, Hash: stored.cid, Tsize: stored.totalBytes })
    totalBytes += stored.totalBytes
  }
  const block = encodeNode(prepare({ Data: DIRECTORY_DATA, Links: links }))
  if (block.byteLength > BLOCK_BYTES_MAX) {
    throw new CodedError('E_CONTENT_TOO_LARGE', 'the names of one directory do not fit in one block', {
      facts: { blockBytes: block.byteLength, blockBytesMax: BLOCK_BYTES_MAX },
      hint: 'use shorter names, or several directories'
    })
  }
  const cid = await cidOf(DAG_PB_CODE, block)
  await blockstore.put(cid, block)
  return { cid, totalBytes: totalBytes + block.byteLength }
}

const DIRECTORY_DATA = new UnixFS({ type: 'directory' }).marshal()

interface Budget {
  addFile(path: string): void
  addBytes(count: number): void
}

function createBudget(limits: ContentLimits, signal?: AbortSignal): Budget {
  let files = 0
  let bytes = 0
  return {
    addFile(path) {
      files++
      if (files <= limits.files) return
      throw new CodedError('E_CONTENT_TOO_LARGE', 'too many files', { facts: { path, filesMax: limits.files } })
    },
    addBytes(count) {
      signal?.throwIfAborted()
      bytes += count
      if (bytes <= limits.bytes) return
      throw new CodedError('E_CONTENT_TOO_LARGE', 'the files are too large together', {
        facts: { bytesMax: limits.bytes }
      })
    }
  }
}

async function* counted(source: AsyncIterable<Uint8Array>, budget: Budget): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    budget.addBytes(piece.byteLength)
    yield piece
  }
}
