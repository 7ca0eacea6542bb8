import { errno } from './errno.ts'
import type { FileSystem } from './fs/file-system.ts'
import type { DirectoryNode, FileNode } from './fs/nodes.ts'
import { OPEN_FILES_MAX } from './limits.ts'
import { RIGHTS_ALL, RIGHTS_DIRECTORY, RIGHTS_STREAM } from './rights.ts'

interface DescriptorBase {
  rights: bigint
  inheriting: bigint
  flags: number
}

export interface StreamDescriptor extends DescriptorBase {
  kind: 'stdin' | 'stdout' | 'stderr'
}

export interface FileDescriptor extends DescriptorBase {
  kind: 'file'
  node: FileNode
  offset: number
}

export interface DirectoryDescriptor extends DescriptorBase {
  kind: 'directory'
  node: DirectoryNode
  /** The name a preopened directory goes by. */
  preopen: string | undefined
  /** What the reading under way sees, so that deleting entries meanwhile skips none. */
  listing: readonly string[]
}

export type Descriptor = StreamDescriptor | FileDescriptor | DirectoryDescriptor

/** The program's open files: 0 to 2 are the standard streams, 3 is the root directory. */
export interface DescriptorTable {
  /** Throws BADF. */
  get(fd: number): Descriptor
  /** Throws BADF for a number that is not open, SPIPE for a stream, and ISDIR for a directory. */
  getFile(fd: number): FileDescriptor
  /** Throws BADF for a number that is not open and NOTDIR for anything but a directory. */
  getDirectory(fd: number): DirectoryDescriptor
  /** Takes the lowest free number. Throws MFILE at the bound. */
  open(descriptor: Descriptor): number
  close(fd: number): void
  /** Closes `to` and lets it mean what `from` meant. */
  move(from: number, to: number): void
}

export function createDescriptorTable(fs: FileSystem): DescriptorTable {
  const stream = (kind: StreamDescriptor['kind']): Descriptor => ({
    kind,
    rights: RIGHTS_STREAM,
    inheriting: 0n,
    flags: 0
  })
  const root = openDirectory(fs.root, '/')
  const table: (Descriptor | undefined)[] = [stream('stdin'), stream('stdout'), stream('stderr'), root]
  let lowestFree = table.length

  function get(fd: number): Descriptor {
    const descriptor = table[fd]
    if (descriptor === undefined) throw errno('BADF')
    return descriptor
  }

  function drop(fd: number): void {
    const descriptor = get(fd)
    if (descriptor.kind === 'file' || descriptor.kind === 'directory') fs.closed(descriptor.node)
    table[fd] = undefined
    lowestFree = Math.min(lowestFree, fd)
  }

  return {
    get,
    getFile: fd => {
      const descriptor = get(fd)
      if (descriptor.kind === 'directory') throw errno('ISDIR')
      if (descriptor.kind !== 'file') throw errno('SPIPE')
      return descriptor
    },
    getDirectory: fd => {
      const descriptor = get(fd)
      if (descriptor.kind !== 'directory') throw errno('NOTDIR')
      return descriptor
    },
    open: descriptor => {
      let fd = lowestFree
      while (table[fd] !== undefined) fd++
      if (fd >= OPEN_FILES_MAX) throw errno('MFILE')
      lowestFree = fd + 1
      table[fd] = descriptor
      if (descriptor.kind === 'file' || descriptor.kind === 'directory') fs.opened(descriptor.node)
      return fd
    },
    close: drop,
    move: (from, to) => {
      const descriptor = get(from)
      get(to)
      if (from === to) return
      drop(to)
      table[to] = descriptor
      table[from] = undefined
      lowestFree = Math.min(lowestFree, from)
    }
  }
}

export function openDirectory(node: DirectoryNode, preopen?: string): DirectoryDescriptor {
  const rights = RIGHTS_DIRECTORY
  // Files opened below a directory may have any right: C libraries ask for no more than it hands on.
  return { kind: 'directory', rights, inheriting: RIGHTS_ALL, flags: 0, node, preopen, listing: [] }
}

export function openFile(node: FileNode, rights: bigint, flags: number): FileDescriptor {
  return { kind: 'file', rights, inheriting: 0n, flags, node, offset: 0 }
}
