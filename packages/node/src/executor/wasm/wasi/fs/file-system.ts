import { errno } from '../errno.ts'
import { compareText } from '../text.ts'
import { type DirectoryNode, type FileNode, type FsNode, fileContent } from './nodes.ts'
import type { Location } from './path.ts'
import type { DiskQuota } from './quota.ts'

/**
 * Files and directories of one job, in memory. Inode numbers count up from 1 in order of creation.
 *
 * Operations throw WasiErrno for what a program may do wrong and ProgramFault where the quota ends the job.
 */
export interface FileSystem {
  readonly root: DirectoryNode
  /** `content` becomes the file's own: the caller must not change it afterwards. */
  createFile(at: Location, content?: Uint8Array): FileNode
  createDirectory(at: Location): DirectoryNode
  unlink(at: Location): void
  removeDirectory(at: Location): void
  rename(from: Location, to: Location): void
  /** Copies what lies at `offset` into `target`; returns how many bytes that was. */
  read(file: FileNode, offset: number, target: Uint8Array): number
  write(file: FileNode, offset: number, source: Uint8Array): void
  resize(file: FileNode, sizeBytes: number): void
  opened(node: FsNode): void
  closed(node: FsNode): void
  /** Names in order of their bytes; stays as it is when the directory changes later. */
  list(directory: DirectoryNode): readonly string[]
}

/** Rooms double up to this step, so that a growing file is copied a bounded number of times and wastes a bounded sum. */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024

export function createFileSystem(quota: DiskQuota, nowNs: () => bigint): FileSystem {
  let inodes = 0n

  function startTimes() {
    const now = nowNs()
    return { accessedNs: now, modifiedNs: now, changedNs: now }
  }

  function touch(node: FsNode): void {
    node.modifiedNs = node.changedNs = nowNs()
  }

  function createDirectoryNode(parent: DirectoryNode | undefined): DirectoryNode {
    quota.takeInode()
    const entries = new Map<string, FsNode>()
    return { kind: 'directory', inode: ++inodes, entries, parent, linked: true, sorted: undefined, ...startTimes() }
  }

  function entryOf(at: Location): { parent: DirectoryNode; name: string } {
    if (at.entry === undefined) throw errno('INVAL')
    return at.entry
  }

  function attach(at: Location, node: FsNode): void {
    const { parent, name } = entryOf(at)
    parent.entries.set(name, node)
    parent.sorted = undefined
    if (node.kind === 'directory') node.parent = parent
    touch(parent)
  }

  function detach(at: Location): void {
    const { parent, name } = entryOf(at)
    parent.entries.delete(name)
    parent.sorted = undefined
    touch(parent)
  }

  /** Gives back the quota of a node that no name leads to any more; open files keep it until they are closed. */
  function forget(node: FsNode): void {
    node.linked = false
    if (node.kind === 'directory') quota.giveInode()
    else if (node.opens === 0) release(node)
  }

  function release(file: FileNode): void {
    quota.giveInode()
    quota.giveBytes(file.sizeBytes)
  }

  function requireFree(at: Location): void {
    if (at.node !== undefined) throw errno('EXIST')
    if (!entryOf(at).parent.linked) throw errno('NOENT')
  }

  function resize(file: FileNode, sizeBytes: number): void {
    if (sizeBytes > file.sizeBytes) {
      quota.takeBytes(sizeBytes - file.sizeBytes)
      reserve(file, sizeBytes)
    } else {
      quota.giveBytes(file.sizeBytes - sizeBytes)
      if (sizeBytes === 0) file.room = new Uint8Array(0)
      else file.room.fill(0, sizeBytes, file.sizeBytes)
    }
    file.sizeBytes = sizeBytes
    touch(file)
  }

  const root = createDirectoryNode(undefined)
  return {
    root,
    createFile: (at, content = new Uint8Array(0)) => {
      requireFree(at)
      if (at.meansDirectory) throw errno('ISDIR')
      quota.takeInode()
      quota.takeBytes(content.length)
      const file: FileNode = {
        kind: 'file',
        inode: ++inodes,
        room: content,
        sizeBytes: content.length,
        linked: true,
        opens: 0,
        ...startTimes()
      }
      attach(at, file)
      return file
    },
    createDirectory: at => {
      requireFree(at)
      const directory = createDirectoryNode(entryOf(at).parent)
      attach(at, directory)
      return directory
    },
    unlink: at => {
      if (at.node === undefined) throw errno('NOENT')
      if (at.node.kind === 'directory') throw errno('ISDIR')
      detach(at)
      forget(at.node)
    },
    removeDirectory: at => {
      if (at.node === undefined) throw errno('NOENT')
      if (at.node.kind !== 'directory') throw errno('NOTDIR')
      if (at.node.entries.size > 0) throw errno('NOTEMPTY')
      detach(at)
      forget(at.node)
    },
    rename: (from, to) => {
      const moved = from.node
      if (moved === undefined) throw errno('NOENT')
      entryOf(from)
      const { parent } = entryOf(to)
      if (!parent.linked) throw errno('NOENT')
      if (moved === to.node) return
      if (moved.kind === 'directory') requireOutside(moved, parent)
      else if (to.meansDirectory) throw errno('NOTDIR')
      requireReplaceable(moved, to.node)
      detach(from)
      if (to.node !== undefined) forget(to.node)
      attach(to, moved)
    },
    read: (file, offset, target) => {
      const content = fileContent(file).subarray(offset, offset + target.length)
      target.set(content)
      return content.length
    },
    write: (file, offset, source) => {
      if (source.length === 0) return
      if (offset + source.length > file.sizeBytes) resize(file, offset + source.length)
      file.room.set(source, offset)
      touch(file)
    },
    resize,
    opened: node => {
      if (node.kind === 'file') node.opens++
    },
    closed: node => {
      if (node.kind === 'file' && --node.opens === 0 && !node.linked) release(node)
    },
    list: directory => {
      directory.sorted ??= [...directory.entries.keys()].sort(compareText)
      return directory.sorted
    }
  }
}

function reserve(file: FileNode, sizeBytes: number): void {
  if (sizeBytes <= file.room.length) return
  const grown = file.room.length + Math.min(file.room.length, GROWTH_BYTES_MAX)
  const room = new Uint8Array(Math.max(sizeBytes, grown))
  room.set(fileContent(file))
  file.room = room
}

/** A directory cannot move into itself or below itself. */
function requireOutside(moved: DirectoryNode, parent: DirectoryNode): void {
  for (let up: DirectoryNode | undefined = parent; up !== undefined; up = up.parent) {
    if (up === moved) throw errno('INVAL')
  }
}

function requireReplaceable(moved: FsNode, replaced: FsNode | undefined): void {
  if (replaced === undefined) return
  if (moved.kind === 'directory') {
    if (replaced.kind !== 'directory') throw errno('NOTDIR')
    if (replaced.entries.size > 0) throw errno('NOTEMPTY')
  } else if (replaced.kind === 'directory') {
    throw errno('ISDIR')
  }
}
