import { constants, type Stats } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError } from '@archipel/protocol'
import { CHUNK_BYTES, type ContentEntry } from './import.ts'
import { PATH_DEPTH_MAX } from './path.ts'

export interface ReadDirectoryOptions {
  /** A symlink may lead anywhere, also out of the directory: refuse it with E_CONTENT_SYMLINK, or leave it out. */
  symlinks?: 'refuse' | 'skip'
  signal?: AbortSignal
}

/** Bytes read from a large file at a time. */
const READ_BYTES = CHUNK_BYTES

/**
 * The files and directories below a directory on disk, names in order, ready for importFiles. Rejects with
 * E_CONTENT_READ (absent, unreadable, or changed while being read), E_CONTENT_SYMLINK, E_CONTENT_FILE_TYPE (sockets,
 * pipes, devices) or the signal's reason.
 */
export async function* readDirectory(
  directory: string,
  options: ReadDirectoryOptions = {}
): AsyncGenerator<ContentEntry, void, undefined> {
  yield* walk(directory, '', 0, options)
}

async function* walk(
  directory: string,
  prefix: string,
  depth: number,
  options: ReadDirectoryOptions
): AsyncGenerator<ContentEntry> {
  if (depth > PATH_DEPTH_MAX) {
    throw new CodedError('E_CONTENT_TOO_LARGE', 'directories nested too deep', { facts: { path: directory } })
  }
  const names = await guard(directory, () => readdir(directory))
  for (const name of names.sort()) {
    options.signal?.throwIfAborted()
    const file = join(directory, name)
    const path = prefix === '' ? name : `${prefix}/${name}`
    const stats = await guard(file, () => lstat(file))
    if (stats.isSymbolicLink()) {
      if (options.symlinks === 'skip') continue
      throw new CodedError('E_CONTENT_SYMLINK', 'there is a symlink among the files', {
        facts: { path: file },
        hint: 'replace it by what it points to, or leave symlinks out'
      })
    }
    if (stats.isDirectory()) {
      yield { path }
      yield* walk(file, path, depth + 1, options)
    } else {
      // The owner's bit alone: who else may run it is this machine's affair.
      const executable = (stats.mode & constants.S_IXUSR) !== 0
      yield { path, content: await readFileContent(file, stats), ...(executable ? { executable } : {}) }
    }
  }
}

/** Small files are read at once; of large ones only a piece is in memory at a time. */
async function readFileContent(file: string, stats: Stats): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  if (!stats.isFile()) throw notAFile(file)
  if (stats.size > CHUNK_BYTES) return readPieces(file, READ_BYTES)
  // One byte more than expected, so that a single read also shows the end.
  const pieces: Uint8Array[] = []
  for await (const piece of readPieces(file, stats.size + 1)) pieces.push(piece)
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

async function* readPieces(file: string, pieceBytes: number): AsyncGenerator<Uint8Array> {
  // Not following a symlink that was put in the file's place since it was looked at.
  const handle = await guard(file, () => open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK))
  try {
    // Whatever was put in the file's place since it was looked at.
    if (!(await guard(file, () => handle.stat())).isFile()) throw notAFile(file)
    for (;;) {
      const buffer = new Uint8Array(pieceBytes)
      const { bytesRead } = await guard(file, () => handle.read(buffer, 0, pieceBytes))
      if (bytesRead > 0) yield bytesRead === pieceBytes ? buffer : buffer.slice(0, bytesRead)
      if (bytesRead < pieceBytes) return
    }
  } finally {
    await handle.close()
  }
}

function notAFile(file: string): CodedError {
  return new CodedError('E_CONTENT_FILE_TYPE', 'there is something else than files and directories', {
    facts: { path: file },
    hint: 'sockets, pipes and devices can not be part of content'
  })
}

async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new CodedError('E_CONTENT_READ', 'a file could not be read', {
      facts: { path, reason: (cause as { code?: string }).code ?? 'unknown' },
      hint: 'check that it exists and that you may read it',
      cause
    })
  }
}
