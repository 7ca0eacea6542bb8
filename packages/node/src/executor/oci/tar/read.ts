import { Parser } from 'tar'

/** What is told of an entry; its content comes in pieces to what `onEntry` returned. */
export interface TarEntry {
  path: string
  type: 'file' | 'folder' | 'link' | 'other'
  sizeBytes: number
}

export interface TarReaderInit {
  /** Called for each entry, in order; returns what takes its content, if anything shall. May throw. */
  onEntry: (entry: TarEntry) => ((bytes: Buffer) => void) | undefined
  entriesMax: number
}

/** Names, links and such of one entry are kept in memory. */
const META_BYTES_MAX = 64 * 1024
const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  Link: 'link',
  SymbolicLink: 'link'
}

/**
 * Reads an archive of a stranger. Nothing is kept and nothing is written: what becomes of an entry is for the caller.
 *
 * Throws what `onEntry` and its takers throw, and RangeError for what is no sound archive, has more entries, or holds files
 * with holes: a few bytes of those are terabytes once unpacked.
 */
export async function readTar(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  { onEntry, entriesMax }: TarReaderInit
): Promise<void> {
  const failure = new AbortController()
  const fail = (err: unknown) => failure.abort(err)
  const attempt = <Args extends unknown[]>(action: (...args: Args) => void) => {
    return (...args: Args) => {
      if (failure.signal.aborted) return
      try {
        action(...args)
      } catch (err) {
        fail(err)
      }
    }
  }
  let entries = 0
  const parser = new Parser({
    strict: true,
    maxMetaEntrySize: META_BYTES_MAX,
    onReadEntry: entry => {
      let take: ((bytes: Buffer) => void) | undefined
      attempt(() => {
        if (++entries > entriesMax) throw new RangeError('the archive has too many entries')
        take = onEntry({ path: entry.path, type: TYPES[entry.type] ?? 'other', sizeBytes: entry.size })
      })()
      entry.on(
        'data',
        attempt(bytes => take?.(bytes))
      )
    }
  })
  const ended = Promise.withResolvers<void>()
  parser.on('end', ended.resolve)
  parser.on('error', err => fail(new RangeError('the archive is broken', { cause: err })))
  parser.on('ignoredEntry', () => fail(new RangeError('the archive has entries of an unknown type')))
  parser.on('meta', (text: string) => {
    if (text.includes('GNU.sparse.')) fail(new RangeError('the archive has files with holes'))
  })
  let isEmpty = true
  for await (const chunk of source) {
    failure.signal.throwIfAborted()
    isEmpty &&= chunk.every(byte => byte === 0)
    parser.write(chunk)
  }
  failure.signal.throwIfAborted()
  // Nothing but the end of an archive, which the parser takes for none.
  if (isEmpty) return
  parser.end()
  failure.signal.addEventListener('abort', () => ended.reject(failure.signal.reason))
  await ended.promise
  failure.signal.throwIfAborted()
}
