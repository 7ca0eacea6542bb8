import { BLOCK_BYTES, parseHeader, type TarHeader, TYPES, textOf } from './header.ts'
import { type ExtendedHeader, parseRecords } from './records.ts'
import { createSource, type Source } from './source.ts'

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

/**
 * Reads an archive of a stranger. Nothing is kept and nothing is written: what becomes of an entry is for the caller.
 *
 * What it sees must be what the engine sees in the same bytes: an entry that only one of them takes for the content of
 * another would get past every bound. So it reads as Go's `archive/tar` does, and what other readers take otherwise is
 * refused.
 *
 * Throws what `onEntry` and its takers throw, and RangeError for what is no sound archive, has more entries, or holds files
 * with holes: a few bytes of those are terabytes once unpacked.
 */
export async function readTar(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  { onEntry, entriesMax }: TarReaderInit
): Promise<void> {
  const source = createSource(chunks)
  try {
    for (let entries = 0; ; entries++) {
      const entry = await readEntry(source)
      if (entry === undefined) break
      if (entries >= entriesMax) throw new RangeError('the archive has too many entries')
      const take = onEntry(entry)
      await source.pass(entry.sizeBytes, take)
      await source.pass(paddingOf(entry.sizeBytes))
    }
    // Whoever counts or hashes the bytes wants all of them.
    await source.drain()
  } finally {
    await source.close()
  }
}

/** The next one, with all that the headers before it say; undefined at the end. */
async function readEntry(source: Source): Promise<TarEntry | undefined> {
  let extended: ExtendedHeader | undefined
  let longPath: string | undefined
  for (;;) {
    const header = await readHeader(source)
    if (header === undefined) {
      if (extended === undefined && longPath === undefined) return undefined
      throw new RangeError('the archive is broken')
    }
    switch (header.letter) {
      case 'x':
        // Readers differ in whether the second adds to the first.
        if (extended !== undefined) throw new RangeError('the archive has an entry with two extended headers')
        extended = parseRecords(await readMeta(source, header))
        break
      case 'g':
        // For whatever follows, says the standard; Go passes it over. What matters here must not be in it.
        requireNothing(parseRecords(await readMeta(source, header)))
        break
      case 'L':
        longPath = textOf(await readMeta(source, header))
        break
      case 'K':
        await readMeta(source, header)
        break
      default:
        return entryOf(header, { ...extended, ...(longPath === undefined ? {} : { path: longPath }) })
    }
  }
}

function entryOf({ letter, ...plain }: TarHeader, extended: ExtendedHeader): TarEntry {
  const type = TYPES[letter]
  if (letter === 'S') throw new RangeError('the archive has files with holes')
  if (type === undefined) throw new RangeError('the archive has entries of an unknown type')
  const { path, sizeBytes } = { ...plain, ...extended }
  // Readers differ in whether content follows these.
  const mayHaveContent = type === 'file' && !(letter === '\0' && path.endsWith('/'))
  if (sizeBytes > 0 && !mayHaveContent) throw new RangeError('the archive has content where none belongs')
  return { path, type, sizeBytes }
}

/** Undefined at the end: two blocks of zeros, or no more bytes. */
async function readHeader(source: Source): Promise<TarHeader | undefined> {
  const block = await source.take(BLOCK_BYTES)
  if (block === undefined) return undefined
  if (block.some(byte => byte !== 0)) return parseHeader(block)
  const second = await source.take(BLOCK_BYTES)
  if (second?.some(byte => byte !== 0)) throw new RangeError('the archive is broken')
  return undefined
}

async function readMeta(source: Source, { sizeBytes }: TarHeader): Promise<Buffer> {
  if (sizeBytes > META_BYTES_MAX) throw new RangeError('the archive has a name that is too long')
  const bytes = await source.take(sizeBytes)
  if (bytes === undefined) throw new RangeError('the archive is broken')
  await source.pass(paddingOf(sizeBytes))
  return bytes
}

function requireNothing({ path, sizeBytes }: ExtendedHeader): void {
  if (path !== undefined || sizeBytes !== undefined) throw new RangeError('the archive has a name or a size for all')
}

const paddingOf = (bytes: number) => -bytes & (BLOCK_BYTES - 1)
