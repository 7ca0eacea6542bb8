import type { WasiContext } from '../context.ts'
import type { DirectoryDescriptor, FileDescriptor } from '../descriptors.ts'
import { errno } from '../errno.ts'
import { FUEL } from '../fuel.ts'
import { type HostCall, hostCall } from '../host-call.ts'
import { IOVECS_MAX, OFFSET_MAX } from '../limits.ts'
import { FD_FLAG, FILE_TYPE, RIGHT } from '../rights.ts'
import { encodeText } from '../text.ts'

const DIRENT_BYTES = 24

/** Reading, writing and listing. */
export function createIoCalls(context: WasiContext): Record<string, HostCall> {
  const { memory, fs, descriptors, stdin, write, spend } = context
  /** The program's buffers, every one checked before the first is used. */
  function buffers(at: number, count: number): Uint8Array[] {
    if (count > IOVECS_MAX) throw errno('INVAL')
    spend(FUEL.item * count)
    return Array.from({ length: count }, (_, i) =>
      memory.bytes(memory.readU32(at + 8 * i), memory.readU32(at + 8 * i + 4))
    )
  }

  function readFile(file: FileDescriptor, offset: number, targets: Uint8Array[]): number {
    if (!(file.rights & RIGHT.read)) throw errno('BADF')
    let total = 0
    for (const target of targets) {
      const count = fs.read(file.node, offset + total, target)
      spend(FUEL.byte * count)
      total += count
      if (count < target.length) break
    }
    return total
  }

  function writeFile(file: FileDescriptor, offset: number, sources: Uint8Array[]): number {
    if (!(file.rights & RIGHT.write)) throw errno('BADF')
    let total = 0
    for (const source of sources) {
      if (offset + total + source.length > OFFSET_MAX) throw errno('FBIG')
      // A hole in front of it is written too.
      spend(FUEL.byte * Math.max(source.length, offset + total + source.length - file.node.sizeBytes))
      fs.write(file.node, offset + total, source)
      total += source.length
    }
    return total
  }

  function exactOffset(offset: bigint): number {
    if (offset > BigInt(OFFSET_MAX)) throw errno('INVAL')
    return Number(offset)
  }

  /** Fills `target` with preview 1's `$dirent` records, the last one cut off where the room ends. */
  function list(directory: DirectoryDescriptor, target: Uint8Array, cookie: bigint): number {
    const { node } = directory
    if (cookie === 0n) spend(FUEL.item * node.entries.size)
    if (cookie === 0n) directory.listing = ['.', '..', ...fs.list(node)]
    let used = 0
    for (let i = cookie > OFFSET_MAX ? directory.listing.length : Number(cookie); i < directory.listing.length; i++) {
      spend(FUEL.item)
      const name = directory.listing[i]!
      const entry = i === 0 ? node : i === 1 ? (node.parent ?? node) : node.entries.get(name)
      if (entry === undefined) continue
      const bytes = encodeText(name)
      const dirent = new Uint8Array(DIRENT_BYTES + bytes.length)
      const view = new DataView(dirent.buffer)
      view.setBigUint64(0, BigInt(i + 1), true)
      view.setBigUint64(8, entry.inode, true)
      view.setUint32(16, bytes.length, true)
      view.setUint8(20, FILE_TYPE[entry.kind])
      dirent.set(bytes, DIRENT_BYTES)
      const fitting = dirent.subarray(0, target.length - used)
      target.set(fitting, used)
      used += fitting.length
      if (used === target.length) break
    }
    return used
  }

  return {
    fd_read: hostCall('iiii', (fd: number, at: number, count: number, readAt: number) => {
      const descriptor = descriptors.get(fd)
      const targets = buffers(at, count)
      if (descriptor.kind === 'directory') throw errno('ISDIR')
      if (descriptor.kind === 'stdin') {
        const taken = stdin(targets)
        spend(FUEL.byte * taken)
        return memory.writeU32(readAt, taken)
      }
      if (descriptor.kind !== 'file') throw errno('BADF')
      const total = readFile(descriptor, descriptor.offset, targets)
      descriptor.offset += total
      memory.writeU32(readAt, total)
    }),
    fd_pread: hostCall('iiiIi', (fd: number, at: number, count: number, offset: bigint, readAt: number) => {
      memory.writeU32(readAt, readFile(descriptors.getFile(fd), exactOffset(offset), buffers(at, count)))
    }),
    fd_write: hostCall('iiii', (fd: number, at: number, count: number, writtenAt: number) => {
      const descriptor = descriptors.get(fd)
      const sources = buffers(at, count)
      if (descriptor.kind === 'stdin' || descriptor.kind === 'directory') throw errno('BADF')
      if (descriptor.kind === 'file') {
        const offset = descriptor.flags & FD_FLAG.append ? descriptor.node.sizeBytes : descriptor.offset
        const total = writeFile(descriptor, offset, sources)
        descriptor.offset = offset + total
        return memory.writeU32(writtenAt, total)
      }
      for (const source of sources) {
        spend(FUEL.byte * source.length)
        write(descriptor.kind, source)
      }
      memory.writeU32(
        writtenAt,
        sources.reduce((sum, source) => sum + source.length, 0)
      )
    }),
    fd_pwrite: hostCall('iiiIi', (fd: number, at: number, count: number, offset: bigint, writtenAt: number) => {
      memory.writeU32(writtenAt, writeFile(descriptors.getFile(fd), exactOffset(offset), buffers(at, count)))
    }),
    fd_readdir: hostCall('iiiIi', (fd: number, at: number, length: number, cookie: bigint, usedAt: number) => {
      memory.writeU32(usedAt, list(descriptors.getDirectory(fd), memory.bytes(at, length), cookie))
    })
  }
}
