import type { WasiContext } from '../context.ts'
import { openDirectory, openFile } from '../descriptors.ts'
import { errno } from '../errno.ts'
import type { FileNode } from '../fs/nodes.ts'
import { type Location, locate, locateExisting } from '../fs/path.ts'
import { FUEL } from '../fuel.ts'
import { type HostCall, hostCall } from '../host-call.ts'
import { PATH_BYTES_MAX } from '../limits.ts'
import { OPEN_FLAG, RIGHT, RIGHTS_ALL } from '../rights.ts'
import { decodeText } from '../text.ts'
import { applyTimes, writeFilestat } from './filestat.ts'

/** Calls that take a path below an open directory. */
export function createPathCalls({ memory, fs, descriptors, clock, spend }: WasiContext): Record<string, HostCall> {
  function readPath(at: number, length: number): string {
    if (length > PATH_BYTES_MAX) throw errno('NAMETOOLONG')
    spend(FUEL.byte * length)
    return decodeText(memory.bytes(at, length))
  }

  const find = (fd: number, at: number, length: number): Location =>
    locate(descriptors.getDirectory(fd).node, readPath(at, length))

  const findExisting = (fd: number, at: number, length: number) =>
    locateExisting(descriptors.getDirectory(fd).node, readPath(at, length))

  /** The file to open at a place where no directory is, made or emptied as the flags say. */
  function takeFile(at: Location, openFlags: number): FileNode {
    if (at.node === undefined) {
      if (!(openFlags & OPEN_FLAG.create)) throw errno('NOENT')
      if (openFlags & OPEN_FLAG.directory) throw errno('INVAL')
      return fs.createFile(at)
    }
    if (at.node.kind === 'directory') throw errno('ISDIR')
    if (openFlags & OPEN_FLAG.directory) throw errno('NOTDIR')
    return at.node
  }

  function open(at: Location, openFlags: number, rights: bigint, flags: number): number {
    if (at.node !== undefined && openFlags & OPEN_FLAG.create && openFlags & OPEN_FLAG.exclusive) throw errno('EXIST')
    if (at.node?.kind === 'directory') {
      if (openFlags & (OPEN_FLAG.create | OPEN_FLAG.truncate)) throw errno('ISDIR')
      if (rights & RIGHT.write && !(openFlags & OPEN_FLAG.directory)) throw errno('ISDIR')
      return descriptors.open(openDirectory(at.node))
    }
    const file = takeFile(at, openFlags)
    const fd = descriptors.open(openFile(file, rights & RIGHTS_ALL, flags))
    if (openFlags & OPEN_FLAG.truncate) fs.resize(file, 0)
    return fd
  }

  return {
    path_create_directory: hostCall('iii', (fd: number, at: number, length: number) => {
      fs.createDirectory(find(fd, at, length))
    }),
    path_filestat_get: hostCall('iiiii', (fd: number, _follow: number, at: number, length: number, statAt: number) => {
      writeFilestat(memory, statAt, findExisting(fd, at, length))
    }),
    path_filestat_set_times: hostCall(
      'iiiiIIi',
      (
        fd: number,
        _follow: number,
        at: number,
        length: number,
        accessedNs: bigint,
        modifiedNs: bigint,
        flags: number
      ) => applyTimes(findExisting(fd, at, length), { accessedNs, modifiedNs, flags }, clock.realtimeNs())
    ),
    path_link: hostCall('iiiiiii', (fd: number, _follow: number, at: number, length: number) => {
      findExisting(fd, at, length)
      throw errno('NOTSUP')
    }),
    path_open: hostCall(
      'iiiiiIIii',
      (
        fd: number,
        _follow: number,
        at: number,
        length: number,
        openFlags: number,
        rights: bigint,
        _inheriting: bigint,
        flags: number,
        openedAt: number
      ) => {
        const location = find(fd, at, length)
        memory.writeU32(openedAt, 0)
        memory.writeU32(openedAt, open(location, openFlags, rights, flags))
      }
    ),
    path_readlink: hostCall('iiiiii', (fd: number, at: number, length: number) => {
      findExisting(fd, at, length)
      throw errno('INVAL')
    }),
    path_remove_directory: hostCall('iii', (fd: number, at: number, length: number) =>
      fs.removeDirectory(find(fd, at, length))
    ),
    path_rename: hostCall(
      'iiiiii',
      (fd: number, at: number, length: number, toFd: number, toAt: number, toLength: number) =>
        fs.rename(find(fd, at, length), find(toFd, toAt, toLength))
    ),
    path_symlink: hostCall('iiiii', (_targetAt: number, _targetLength: number, fd: number) => {
      descriptors.getDirectory(fd)
      throw errno('NOTSUP')
    }),
    path_unlink_file: hostCall('iii', (fd: number, at: number, length: number) => fs.unlink(find(fd, at, length)))
  }
}
