import { errno } from '../errno.ts'
import { NAME_BYTES_MAX, PATH_BYTES_MAX, PATH_DEPTH_MAX } from '../limits.ts'
import { encodeText } from '../text.ts'
import type { DirectoryNode, FsNode } from './nodes.ts'

/** Where a path leads. */
export interface Location {
  /** What is there now. */
  readonly node: FsNode | undefined
  /** The entry that names it; absent for a path that ends in the starting directory, `.` or `..`. */
  readonly entry: { readonly parent: DirectoryNode; readonly name: string } | undefined
  /** The path says that it means a directory: it ends in `/`, `/.` or `/..`. */
  readonly meansDirectory: boolean
}

/**
 * Walks `path` from `base`. There are no symbolic links, so `..` is the directory walked through.
 *
 * Throws NOTCAPABLE for an absolute path and for one that leaves `base`, NOENT and NOTDIR on the way, NAMETOOLONG
 * past the bounds. The last component may be missing.
 */
export function locate(base: DirectoryNode, path: string): Location {
  if (path === '') throw errno('NOENT')
  if (path.includes('\0')) throw errno('INVAL')
  if (path.startsWith('/')) throw errno('NOTCAPABLE')
  if (isLonger(path, PATH_BYTES_MAX)) throw errno('NAMETOOLONG')
  const components = path.split('/')
  if (components.length > PATH_DEPTH_MAX) throw errno('NAMETOOLONG')

  const walked: DirectoryNode[] = [base]
  let node: FsNode | undefined = base
  let entry: Location['entry']
  for (const name of components) {
    if (name === '' || name === '.') continue
    if (node === undefined) throw errno('NOENT')
    if (node.kind !== 'directory') throw errno('NOTDIR')
    if (name === '..') {
      walked.pop()
      node = walked.at(-1)
      if (node === undefined) throw errno('NOTCAPABLE')
      entry = undefined
      continue
    }
    if (isLonger(name, NAME_BYTES_MAX)) throw errno('NAMETOOLONG')
    entry = { parent: node, name }
    node = node.entries.get(name)
    if (node?.kind === 'directory') walked.push(node)
  }

  const last = components.at(-1)
  const meansDirectory = last === '' || last === '.' || last === '..'
  if (meansDirectory && node?.kind === 'file') throw errno('NOTDIR')
  return { node, entry, meansDirectory }
}

/** What is at `path`; throws NOENT when nothing is. */
export function locateExisting(base: DirectoryNode, path: string): FsNode {
  const { node } = locate(base, path)
  if (node === undefined) throw errno('NOENT')
  return node
}

/** Encodes only where the number of UTF-16 units leaves it open. */
function isLonger(text: string, bytesMax: number): boolean {
  return text.length > bytesMax || (text.length * 3 > bytesMax && encodeText(text).length > bytesMax)
}
