import { Header, Pax } from 'tar'

const BLOCK_BYTES = 512
/** The same bytes whenever it is made. */
const EPOCH = new Date(0)
const FILE_MODE = 0o644
const PROGRAM_MODE = 0o755

export interface TarFile {
  path: string
  sizeBytes: number
  /** Whether it is a program. Default false. */
  isExecutable?: boolean
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

/** An archive of files, and the folders they are in, that everybody may read; in pieces. */
export async function* writeTar(files: Iterable<TarFile> | AsyncIterable<TarFile>): AsyncGenerator<Uint8Array> {
  const folders = new Set<string>()
  for await (const { path, sizeBytes, content, isExecutable = false } of files) {
    // Engines make folders that an archive leaves out, for themselves alone.
    for (const folder of foldersAbove(path)) {
      if (!folders.has(folder)) yield headerOf({ path: folder, size: 0, mode: PROGRAM_MODE, type: 'Directory' })
      folders.add(folder)
    }
    yield headerOf({ path, size: sizeBytes, mode: isExecutable ? PROGRAM_MODE : FILE_MODE, type: 'File' })
    yield* content
    yield new Uint8Array(-sizeBytes & (BLOCK_BYTES - 1))
  }
  yield new Uint8Array(2 * BLOCK_BYTES)
}

/** Outermost first. */
function* foldersAbove(path: string): Generator<string> {
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) yield path.slice(0, at + 1)
}

interface HeaderFields {
  path: string
  size: number
  mode: number
  type: 'File' | 'Directory'
}

function headerOf(fields: HeaderFields): Uint8Array {
  const { path, size } = fields
  const header = new Header({ ...fields, uid: 0, gid: 0, mtime: EPOCH })
  const needsPax = header.encode()
  return needsPax ? Buffer.concat([new Pax({ path, size }).encode(), header.block!]) : header.block!
}
