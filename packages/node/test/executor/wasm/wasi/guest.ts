import { ERRNO, type ErrnoName } from '../../../../src/executor/wasm/wasi/errno.ts'
import { createWasiHost, WASI_MODULE, type WasiHostInit } from '../../../../src/executor/wasm/wasi/wasi-host.ts'

export const PAGE_BYTES = 65_536

/** 'OK' or the name of the error number. */
export type Outcome = 'OK' | ErrnoName | `errno ${number}`

const RIGHTS = { read: 2n, write: 64n }
const PATH_AT = 1024
const SECOND_PATH_AT = 8192
const OUT_AT = 16
const DATA_AT = 16_384

export interface OpenOptions {
  flags?: ('create' | 'directory' | 'exclusive' | 'truncate')[]
  rights?: ('read' | 'write')[]
  append?: boolean
  /** Directory to start from; the root where left out. */
  from?: number
}

/**
 * Plays a program against the host: puts its arguments into a memory of one page and makes the call, as compiled code
 * would.
 */
export function createGuest(init: Partial<WasiHostInit> = {}) {
  const streams = { stdout: '', stderr: '' }
  const host = createWasiHost({
    args: [],
    env: [],
    files: [],
    diskBytesMax: 1_000_000,
    seed: 'seed',
    write: (stream, bytes) => {
      streams[stream] += Buffer.from(bytes).toString()
    },
    ...init
  })
  const memory = new WebAssembly.Memory({ initial: 1 })
  host.attach(memory)
  const imports = host.imports[WASI_MODULE] as Record<string, (...args: (number | bigint)[]) => number>
  const view = () => new DataView(memory.buffer)
  const bytes = (at: number, length: number) => Buffer.from(memory.buffer, at, length)

  function call(name: string, ...args: (number | bigint)[]): Outcome {
    const errno = imports[name]!(...args)
    if (errno === 0) return 'OK'
    const known = Object.entries(ERRNO).find(([, number]) => number === errno)
    return (known?.[0] as ErrnoName | undefined) ?? `errno ${errno}`
  }

  function put(at: number, text: string | Uint8Array): [at: number, length: number] {
    const content = Buffer.from(text as string)
    bytes(at, content.length).set(content)
    return [at, content.length]
  }

  const path = (text: string) => put(PATH_AT, text)
  const u32 = (at = OUT_AT) => view().getUint32(at, true)
  const u64 = (at = OUT_AT) => view().getBigUint64(at, true)

  function iovec(length: number): [at: number, count: number] {
    view().setUint32(0, DATA_AT, true)
    view().setUint32(4, length, true)
    return [0, 1]
  }

  function open(name: string, { flags = [], rights = ['read'], append, from = 3 }: OpenOptions = {}) {
    const bits = { create: 1, directory: 2, exclusive: 4, truncate: 8 }
    const openFlags = flags.reduce((sum, flag) => sum + bits[flag], 0)
    const asked = rights.reduce((sum, right) => sum | RIGHTS[right], 0n)
    const outcome = call('path_open', from, 0, ...path(name), openFlags, asked, 0n, append ? 1 : 0, OUT_AT)
    return { outcome, fd: outcome === 'OK' ? u32() : -1 }
  }

  function write(fd: number, content: string): Outcome {
    const [, length] = put(DATA_AT, content)
    return call('fd_write', fd, ...iovec(length), OUT_AT)
  }

  function read(fd: number, length = 1000): string | Outcome {
    const outcome = call('fd_read', fd, ...iovec(length), OUT_AT)
    return outcome === 'OK' ? bytes(DATA_AT, u32()).toString() : outcome
  }

  /** Whole directory, through a buffer of `room` bytes, each time going on from the last entry that was whole. */
  function list(fd = 3, room = 400): string[] {
    const names: string[] = []
    for (let cookie = 0n; ; ) {
      if (call('fd_readdir', fd, DATA_AT, room, cookie, OUT_AT) !== 'OK') throw new Error('cannot list')
      const used = u32()
      let at = 0
      while (used - at >= 24) {
        const length = view().getUint32(DATA_AT + at + 16, true)
        if (used - at < 24 + length) break
        names.push(bytes(DATA_AT + at + 24, length).toString())
        cookie = view().getBigUint64(DATA_AT + at, true)
        at += 24 + length
      }
      if (used < room) return names
    }
  }

  function stat(name: string) {
    const outcome = call('path_filestat_get', 3, 0, ...path(name), OUT_AT)
    return {
      outcome,
      inode: u64(OUT_AT + 8),
      type: bytes(OUT_AT + 16, 1)[0],
      size: Number(u64(OUT_AT + 32)),
      modifiedNs: u64(OUT_AT + 48)
    }
  }

  return {
    host,
    streams,
    call,
    open,
    write,
    read,
    list,
    stat,
    put,
    bytes,
    u32,
    u64,
    view,
    close: (fd: number) => call('fd_close', fd),
    mkdir: (name: string, from = 3) => call('path_create_directory', from, ...path(name)),
    rmdir: (name: string, from = 3) => call('path_remove_directory', from, ...path(name)),
    unlink: (name: string, from = 3) => call('path_unlink_file', from, ...path(name)),
    rename: (from: string, to: string) => call('path_rename', 3, ...path(from), 3, ...put(SECOND_PATH_AT, to)),
    seek: (fd: number, offset: bigint, whence: number) => call('fd_seek', fd, offset, whence, OUT_AT),
    /** A file with this content, made by the program. */
    create: (name: string, content = '') => {
      const { outcome, fd } = open(name, { flags: ['create'], rights: ['write'] })
      if (outcome !== 'OK') return outcome
      const written = write(fd, content)
      call('fd_close', fd)
      return written
    },
    /** What a file holds now. */
    cat: (name: string) => {
      const { outcome, fd } = open(name)
      if (outcome !== 'OK') return outcome
      const content = read(fd)
      call('fd_close', fd)
      return content
    }
  }
}

export const inputFile = (path: string, content = '') => ({ path, bytes: new TextEncoder().encode(content) })
