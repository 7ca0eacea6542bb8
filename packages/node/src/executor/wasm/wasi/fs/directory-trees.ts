import { WasiErrno } from '../errno.ts'
import { PATH_BYTES_MAX } from '../limits.ts'
import { ProgramFault } from '../stop.ts'
import { compareText, encodeText } from '../text.ts'
import type { FileSystem } from './file-system.ts'
import { type DirectoryNode, fileContent } from './nodes.ts'
import { locate } from './path.ts'

/** One file: its path is relative, with `/` between names. */
export interface TreeFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/**
 * Puts the input under the root, in order of paths whatever order they came in, so that inode numbers do not depend on
 * the sender. The bytes become the file system's own.
 *
 * Throws ProgramFault: E_BAD_INPUT for a path that is not plain, comes twice, or lies in `reserved`; E_DISK_LIMIT.
 */
export function plantTree(fs: FileSystem, files: readonly TreeFile[], reserved: string): void {
  for (const file of [...files].sort((a, b) => compareText(a.path, b.path))) {
    const names = file.path.split('/')
    if (names.some(name => name === '' || name === '.' || name === '..')) throw badInput('not a plain path', file)
    if (names[0] === reserved) throw badInput(`/${reserved} is kept for what the program writes`, file)
    try {
      for (let i = 1; i < names.length; i++) {
        const at = locate(fs.root, names.slice(0, i).join('/'))
        if (at.node === undefined) fs.createDirectory(at)
      }
      fs.createFile(locate(fs.root, file.path), file.bytes)
    } catch (err) {
      if (err instanceof WasiErrno) throw badInput(err.message, file)
      throw err
    }
  }
}

/** All files below `directory`, sorted by path. Throws ProgramFault E_OUTPUT_LIMIT for a path too long to pass on. */
export function harvestTree(fs: FileSystem, directory: DirectoryNode): TreeFile[] {
  const files: TreeFile[] = []
  const todo: { directory: DirectoryNode; prefix: string }[] = [{ directory, prefix: '' }]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    for (const name of fs.list(next.directory)) {
      const node = next.directory.entries.get(name)!
      const path = next.prefix + name
      if (encodeText(path).length > PATH_BYTES_MAX) {
        throw new ProgramFault('E_OUTPUT_LIMIT', 'the path of an output file is too long', {
          pathBytesMax: PATH_BYTES_MAX
        })
      }
      if (node.kind === 'directory') todo.push({ directory: node, prefix: `${path}/` })
      else files.push({ path, bytes: fileContent(node) })
    }
  }
  return files.sort((a, b) => compareText(a.path, b.path))
}

function badInput(reason: string, file: TreeFile): ProgramFault {
  return new ProgramFault('E_BAD_INPUT', `input file refused: ${reason}`, { path: file.path.slice(0, 256) })
}
