import { randomBytes } from 'node:crypto'
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { CodedError, isCodedError } from '@archipel/protocol'
import type { ExportedDirectory, ExportedFile } from './export.ts'
import { splitPath } from './path.ts'

export interface WriteFilesOptions {
  /** Put the files among those already there, replacing those of the same path. Default false. */
  overwrite?: boolean
  signal?: AbortSignal
}

/**
 * Writes an export to disk and returns the number of files. Everything is written beside the target first and moved
 * into place at the end, so a failed export leaves the target as it was. Nothing is ever written outside of the target,
 * whatever symlinks lie in it. Rejects with E_CONTENT_EXISTS, E_CONTENT_WRITE, what the export threw, or the signal's
 * reason.
 */
export async function writeFiles(
  entries: AsyncIterable<ExportedFile | ExportedDirectory>,
  target: string,
  options: WriteFilesOptions = {}
): Promise<number> {
  const final = resolve(target)
  const state = await stateOf(final)
  if (state === 'other' || (state === 'full' && options.overwrite !== true)) throw exists(final)
  const staging = join(dirname(final), `.${basename(final)}.${randomBytes(6).toString('hex')}.partial`)
  try {
    await guard(staging, () => mkdir(staging, { recursive: true }))
    const paths = await writeAside(entries, staging, options.signal)
    if (state === 'full') await merge(paths, staging, final)
    else await guard(final, () => rename(staging, final))
    return paths.filter(({ type }) => type === 'file').length
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

interface Written {
  type: 'file' | 'directory'
  names: string[]
}

async function writeAside(
  entries: AsyncIterable<ExportedFile | ExportedDirectory>,
  staging: string,
  signal: AbortSignal | undefined
): Promise<Written[]> {
  const written: Written[] = []
  for await (const entry of entries) {
    signal?.throwIfAborted()
    // The export checked its paths; this is the last line before the disk and checks them itself.
    const names = splitPath(entry.path)
    const place = join(staging, ...names)
    written.push({ type: entry.type, names })
    if (entry.type === 'directory') {
      await guard(place, () => mkdir(place, { recursive: true }))
      continue
    }
    await guard(place, () => mkdir(dirname(place), { recursive: true }))
    await writeOne(entry, place)
  }
  return written
}

async function writeOne(entry: ExportedFile, place: string): Promise<void> {
  // Nothing of the mode but this: no setuid, nothing that others may write.
  const handle = await guard(place, () => open(place, 'wx', entry.executable ? 0o755 : 0o644))
  try {
    for await (const piece of entry.content()) {
      let offset = 0
      while (offset < piece.byteLength) {
        const from = offset
        const { bytesWritten } = await guard(place, () => handle.write(piece, from, piece.byteLength - from))
        offset += bytesWritten
      }
    }
  } finally {
    await handle.close()
  }
}

/** Moves what was written into a target that has files already. Parents come before what is in them. */
async function merge(written: Written[], staging: string, final: string): Promise<void> {
  for (const { type, names } of written) {
    await makeRealFolders(final, type === 'directory' ? names : names.slice(0, -1))
    if (type === 'directory') continue
    const place = join(final, ...names)
    // A rename replaces a symlink itself, never what it points to; a directory in the way makes it fail.
    await guard(place, () => rename(join(staging, ...names), place))
  }
}

/** Every folder on the way must be one: a symlink in its place could lead out of the target. */
async function makeRealFolders(final: string, names: readonly string[]): Promise<void> {
  let folder = final
  for (const name of names) {
    folder = join(folder, name)
    const at = folder
    const stats = await guard(at, () => lstatOrUndefined(at))
    if (stats === undefined) await guard(at, () => mkdir(at))
    else if (!stats.isDirectory()) throw exists(at)
  }
}

async function stateOf(target: string): Promise<'absent' | 'empty' | 'full' | 'other'> {
  const stats = await guard(target, () => lstatOrUndefined(target))
  if (stats === undefined) return 'absent'
  if (!stats.isDirectory()) return 'other'
  return (await guard(target, () => readdir(target))).length === 0 ? 'empty' : 'full'
}

async function lstatOrUndefined(path: string) {
  try {
    return await lstat(path)
  } catch (err) {
    if ((err as { code?: string }).code === 'ENOENT') return undefined
    throw err
  }
}

function exists(path: string): CodedError {
  return new CodedError('E_CONTENT_EXISTS', 'there is something in the way of the output', {
    facts: { path },
    hint: 'choose an empty or new directory, or ask to overwrite'
  })
}

async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (isCodedError(cause)) throw cause
    throw new CodedError('E_CONTENT_WRITE', 'a file could not be written', {
      facts: { path, reason: (cause as { code?: string }).code ?? 'unknown' },
      hint: 'check the free space and that you may write there',
      cause
    })
  }
}
