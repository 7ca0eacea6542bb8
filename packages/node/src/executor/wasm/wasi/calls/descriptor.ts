import type { WasiContext } from '../context.ts'
import type { Descriptor } from '../descriptors.ts'
import { errno } from '../errno.ts'
import type { FileNode } from '../fs/nodes.ts'
import { FUEL } from '../fuel.ts'
import { type HostCall, hostCall } from '../host-call.ts'
import { OFFSET_MAX } from '../limits.ts'
import { FILE_TYPE, RIGHT } from '../rights.ts'
import { encodeText } from '../text.ts'
import { applyTimes, writeFilestat } from './filestat.ts'

const WHENCE = { set: 0, current: 1, end: 2 } as const

/** State of open files: positions, flags, sizes, times, preopened directories. */
export function createDescriptorCalls(context: WasiContext): Record<string, HostCall> {
  const { memory, fs, descriptors, clock, spend } = context

  const succeedIfOpen = (params: string) =>
    hostCall(params, (fd: number) => {
      descriptors.get(fd)
    })

  function writableFile(fd: number) {
    const file = descriptors.getFile(fd)
    if (!(file.rights & RIGHT.write)) throw errno('BADF')
    return file
  }

  /** Bytes that come to be or go are set to zero. */
  function resize(node: FileNode, sizeBytes: number): void {
    spend(FUEL.byte * Math.abs(sizeBytes - node.sizeBytes))
    fs.resize(node, sizeBytes)
  }

  function size(sizeBytes: bigint): number {
    if (sizeBytes > BigInt(OFFSET_MAX)) throw errno('FBIG')
    return Number(sizeBytes)
  }

  return {
    fd_close: hostCall('i', (fd: number) => descriptors.close(fd)),
    fd_renumber: hostCall('ii', (from: number, to: number) => descriptors.move(from, to)),
    fd_advise: hostCall('iIIi', (fd: number, _offset: bigint, _length: bigint, advice: number) => {
      descriptors.getFile(fd)
      if (advice > 5) throw errno('INVAL')
    }),
    fd_datasync: succeedIfOpen('i'),
    fd_sync: succeedIfOpen('i'),
    fd_allocate: hostCall('iII', (fd: number, offset: bigint, length: bigint) => {
      const { node } = writableFile(fd)
      if (length === 0n) throw errno('INVAL')
      const end = size(offset + length)
      if (end > node.sizeBytes) resize(node, end)
    }),
    fd_fdstat_get: hostCall('ii', (fd: number, at: number) => {
      const descriptor = descriptors.get(fd)
      memory.bytes(at, 24).fill(0)
      memory.writeU8(at, fileTypeOf(descriptor))
      memory.writeU16(at + 2, descriptor.flags)
      memory.writeU64(at + 8, descriptor.rights)
      memory.writeU64(at + 16, descriptor.inheriting)
    }),
    fd_fdstat_set_flags: hostCall('ii', (fd: number, flags: number) => {
      const descriptor = descriptors.get(fd)
      if (flags > 31) throw errno('INVAL')
      descriptor.flags = flags
    }),
    fd_fdstat_set_rights: hostCall('iII', (fd: number, rights: bigint, inheriting: bigint) => {
      const descriptor = descriptors.get(fd)
      if (rights & ~descriptor.rights || inheriting & ~descriptor.inheriting) throw errno('NOTCAPABLE')
      descriptor.rights = rights
      descriptor.inheriting = inheriting
    }),
    fd_filestat_get: hostCall('ii', (fd: number, at: number) => {
      const descriptor = descriptors.get(fd)
      writeFilestat(memory, at, 'node' in descriptor ? descriptor.node : undefined)
    }),
    fd_filestat_set_size: hostCall('iI', (fd: number, sizeBytes: bigint) =>
      resize(writableFile(fd).node, size(sizeBytes))
    ),
    fd_filestat_set_times: hostCall('iIIi', (fd: number, accessedNs: bigint, modifiedNs: bigint, flags: number) => {
      const descriptor = descriptors.get(fd)
      if (!('node' in descriptor)) throw errno('INVAL')
      applyTimes(descriptor.node, { accessedNs, modifiedNs, flags }, clock.realtimeNs())
    }),
    fd_prestat_get: hostCall('ii', (fd: number, at: number) => {
      const name = preopenName(descriptors.get(fd))
      memory.writeU32(at, 0)
      memory.writeU32(at + 4, name.length)
    }),
    fd_prestat_dir_name: hostCall('iii', (fd: number, at: number, length: number) => {
      const name = preopenName(descriptors.get(fd))
      if (length < name.length) throw errno('NAMETOOLONG')
      memory.bytes(at, name.length).set(name)
    }),
    fd_seek: hostCall('iIii', (fd: number, delta: bigint, whence: number, offsetAt: number) => {
      const file = descriptors.getFile(fd)
      if (whence > WHENCE.end) throw errno('INVAL')
      const base = whence === WHENCE.set ? 0 : whence === WHENCE.current ? file.offset : file.node.sizeBytes
      const offset = BigInt(base) + BigInt.asIntN(64, delta)
      if (offset < 0n || offset > BigInt(OFFSET_MAX)) throw errno('INVAL')
      memory.writeU64(offsetAt, offset)
      file.offset = Number(offset)
    }),
    fd_tell: hostCall('ii', (fd: number, offsetAt: number) => {
      memory.writeU64(offsetAt, BigInt(descriptors.getFile(fd).offset))
    })
  }
}

function fileTypeOf(descriptor: Descriptor): number {
  // Not a terminal and not a file: programs then neither colour their output nor try to seek in it.
  if (descriptor.kind !== 'file' && descriptor.kind !== 'directory') return FILE_TYPE.unknown
  return FILE_TYPE[descriptor.kind]
}

function preopenName(descriptor: Descriptor): Uint8Array {
  if (descriptor.kind !== 'directory' || descriptor.preopen === undefined) throw errno('BADF')
  return encodeText(descriptor.preopen)
}
