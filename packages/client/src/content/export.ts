import { CodedError } from '@archipel/protocol'
import type { CID } from 'multiformats/cid'
import type { BlockStore } from './block-store.ts'
import { CONTENT_LIMITS, type ContentLimits } from './limits.ts'
import { type ContentNode, readNode } from './node.ts'
import { foldName, PATH_DEPTH_MAX, splitPath } from './path.ts'

/** A file of an export. Its bytes are read from the blockstore when asked for. */
export interface ExportedFile {
  readonly type: 'file'
  /** Relative and safe: names joined by `/`. */
  readonly path: string
  readonly byteLength: number
  /** It may be run. */
  readonly executable: boolean
  /** The bytes, a block at a time. Throws E_BLOCK_MISSING or E_CONTENT_INVALID. */
  content(): AsyncGenerator<Uint8Array, void, undefined>
}

/** A directory of an export, named before what is in it. */
export interface ExportedDirectory {
  readonly type: 'directory'
  readonly path: string
}

export interface ExportOptions {
  /** Default {@link CONTENT_LIMITS}. */
  limits?: Partial<ContentLimits>
  /** Accept siblings that differ in case or Unicode form only, as for a file system in memory. Default false. */
  allowFoldedDuplicates?: boolean
  signal?: AbortSignal
}

/** Levels of a file's own tree: four levels of a thousand parts of 1 MiB are a million terabytes. */
const FILE_DEPTH_MAX = 8

/** Blocks read per file beyond one per 16 KiB. Blocks can be shared, so little data could describe endless reading. */
const SPARE_READS = 1_024
const BYTES_PER_READ_MIN = 16 * 1024

/**
 * The files and directories below a directory's CID, parents first. Rejects with E_CONTENT_NOT_DIRECTORY,
 * E_CONTENT_PATH, E_CONTENT_DUPLICATE, E_CONTENT_TOO_LARGE, E_CONTENT_INVALID, E_CONTENT_UNSUPPORTED (symlinks among
 * them), E_BLOCK_MISSING, E_BLOCKSTORE, or the signal's reason. Nothing of it is trusted: it may come from anybody.
 */
export async function* exportFiles(
  root: CID,
  blockstore: BlockStore,
  options: ExportOptions = {}
): AsyncGenerator<ExportedFile | ExportedDirectory, void, undefined> {
  const limits: ContentLimits = { ...CONTENT_LIMITS, ...options.limits }
  const left = { files: limits.files, bytes: limits.bytes }

  async function* walk(
    node: ContentNode,
    parent: string,
    depth: number
  ): AsyncGenerator<ExportedFile | ExportedDirectory> {
    if (node.kind !== 'directory') return
    if (depth > PATH_DEPTH_MAX) throw tooLarge('directories nested too deep', { path: parent })
    const seen = new Set<string>()
    for (const { name, cid } of node.entries) {
      options.signal?.throwIfAborted()
      const path = parent === '' ? name : `${parent}/${name}`
      // The whole path is checked, and the name alone: a name with a slash would pass as two names.
      if (splitPath(path).length !== depth + 1) throw badName(path)
      const key = options.allowFoldedDuplicates === true ? name : foldName(name)
      if (seen.has(key)) {
        throw new CodedError('E_CONTENT_DUPLICATE', 'two entries have the same path', { facts: { path } })
      }
      seen.add(key)
      if (--left.files < 0) throw tooLarge('too many files', { path, filesMax: limits.files })
      const child = await load(cid, blockstore)
      if (child.kind === 'directory') {
        yield { type: 'directory', path }
        yield* walk(child, path, depth + 1)
        continue
      }
      const byteLength = lengthOf(child)
      left.bytes -= byteLength
      if (left.bytes < 0) throw tooLarge('the files are too large together', { path, bytesMax: limits.bytes })
      const executable = child.kind === 'file' && child.executable
      yield {
        type: 'file',
        path,
        byteLength,
        executable,
        content: () => readContent(child, blockstore, options.signal)
      }
    }
  }

  const top = await load(root, blockstore)
  if (top.kind !== 'directory') {
    throw new CodedError('E_CONTENT_NOT_DIRECTORY', 'this content is a file, not a directory', {
      facts: { cid: root.toString() }
    })
  }
  yield* walk(top, '', 0)
}

/**
 * The bytes of a file's CID, at most `bytesMax`. Rejects with E_CONTENT_NOT_FILE, E_CONTENT_TOO_LARGE,
 * E_CONTENT_INVALID, E_CONTENT_UNSUPPORTED, E_BLOCK_MISSING, E_BLOCKSTORE, or the signal's reason.
 */
export async function exportBytes(
  root: CID,
  blockstore: BlockStore,
  { bytesMax, signal }: { bytesMax: number; signal?: AbortSignal }
): Promise<Uint8Array> {
  const node = await load(root, blockstore)
  if (node.kind === 'directory') {
    throw new CodedError('E_CONTENT_NOT_FILE', 'this content is a directory, not a file', {
      facts: { cid: root.toString() }
    })
  }
  const byteLength = lengthOf(node)
  if (byteLength > bytesMax) throw tooLarge('the file is too large', { byteLength, bytesMax })
  if (node.kind === 'bytes') return node.bytes
  const bytes = new Uint8Array(byteLength)
  let filled = 0
  for await (const piece of readContent(node, blockstore, signal)) {
    bytes.set(piece, filled)
    filled += piece.byteLength
  }
  return bytes
}

type FileNode = Exclude<ContentNode, { kind: 'directory' }>

async function* readContent(
  top: FileNode,
  blockstore: BlockStore,
  signal: AbortSignal | undefined
): AsyncGenerator<Uint8Array, void, undefined> {
  let reads = SPARE_READS + Math.ceil(lengthOf(top) / BYTES_PER_READ_MIN)

  async function* walk(node: FileNode, depth: number): AsyncGenerator<Uint8Array> {
    if (depth > FILE_DEPTH_MAX) throw tooLarge('a file with too many levels', {})
    if (node.bytes.byteLength > 0) yield node.bytes
    if (node.kind === 'bytes') return
    for (const part of node.parts) {
      signal?.throwIfAborted()
      if (--reads < 0) throw tooLarge('a file of too many small parts', {})
      const child = await load(part.cid, blockstore)
      if (child.kind === 'directory' || lengthOf(child) !== part.byteLength) {
        throw new CodedError('E_CONTENT_INVALID', 'this content contradicts the rules', {
          facts: { cid: part.cid.toString(), reason: 'a part of a file is not what the file says' }
        })
      }
      yield* walk(child, depth + 1)
    }
  }

  yield* walk(top, 0)
}

function lengthOf(node: FileNode): number {
  return node.kind === 'bytes' ? node.bytes.byteLength : node.byteLength
}

async function load(cid: CID, blockstore: BlockStore): Promise<ContentNode> {
  const block = await blockstore.get(cid)
  if (block !== undefined) return readNode(cid, block)
  throw new CodedError('E_BLOCK_MISSING', 'a block of this content is not here', { facts: { cid: cid.toString() } })
}

function tooLarge(message: string, facts: Record<string, unknown>): CodedError {
  return new CodedError('E_CONTENT_TOO_LARGE', message, { facts })
}

function badName(path: string): CodedError {
  return new CodedError('E_CONTENT_PATH', 'this path is not used for content', {
    facts: { path: path.slice(0, 256), reason: 'a slash or backslash in a name' }
  })
}
