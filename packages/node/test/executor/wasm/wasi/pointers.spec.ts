import { describe, expect, it } from 'vitest'
import { createWasiHost, WASI_MODULE } from '../../../../src/executor/wasm/wasi/wasi-host.ts'
import { createGuest, inputFile, PAGE_BYTES } from './guest.ts'

const END = PAGE_BYTES
const FAR = 0xffff_ffff

/** Calls that touch memory, with one pointer or length that does not fit; 4 is an open file. */
const CALLS: [name: string, ...args: (number | bigint)[]][] = [
  ['args_sizes_get', END - 3, 0],
  ['args_sizes_get', 0, END],
  ['args_get', END - 3, 0],
  ['args_get', 0, END - 4],
  ['environ_sizes_get', FAR, 0],
  ['environ_get', 0, FAR],
  ['clock_res_get', 0, END - 7],
  ['clock_time_get', 0, 0n, END - 7],
  ['random_get', END - 9, 10],
  ['random_get', FAR, FAR],
  ['fd_fdstat_get', 3, END - 23],
  ['fd_filestat_get', 4, END - 63],
  ['fd_prestat_get', 3, END - 7],
  ['fd_prestat_dir_name', 3, END, 1],
  ['fd_seek', 4, 0n, 0, END - 7],
  ['fd_tell', 4, END - 7],
  ['fd_read', 4, END - 7, 1, 16],
  ['fd_read', 4, 100, 1, END - 3],
  ['fd_write', 4, END - 7, 1, 16],
  ['fd_write', 1, FAR, 1, 16],
  ['fd_pread', 4, END - 7, 1, 0n, 16],
  ['fd_pwrite', 4, END - 7, 1, 0n, 16],
  ['fd_readdir', 3, END - 9, 10, 0n, 16],
  ['fd_readdir', 3, 0, FAR, 0n, 16],
  ['path_open', 3, 0, END, 1, 0, 0n, 0n, 0, 16],
  ['path_open', 3, 0, 1000, 1, 0, 0n, 0n, 0, END - 3],
  ['path_create_directory', 3, FAR, 4],
  ['path_filestat_get', 3, 0, 1000, 1, END - 63],
  ['path_rename', 3, 1000, 1, 3, FAR, 4],
  ['path_unlink_file', 3, END, 1],
  ['poll_oneoff', END - 47, 0, 1, 16],
  ['poll_oneoff', 2000, END - 31, 1, 16],
  ['poll_oneoff', 2000, 0, 1, END - 3]
]

describe('pointers', () => {
  it.each(CALLS)('%s(%s, %s, %s, %s, %s) faults and goes on', (name, ...args) => {
    const guest = createGuest({ args: ['prog'], env: ['A=1'], files: [inputFile('f', 'text')] })
    guest.open('f', { rights: ['read', 'write'] })
    guest.put(1000, 'f')
    expect(guest.call(name, ...args)).toBe('FAULT')
    expect(guest.write(1, 'alive')).toBe('OK')
  })

  it('faults for a buffer that does not fit, before anything is written', () => {
    const guest = createGuest()
    const { fd } = guest.open('f', { flags: ['create'], rights: ['write'] })
    ;[2000, 5, END - 4, 5].forEach((value, i) => {
      guest.view().setUint32(4 * i, value, true)
    })
    expect(guest.call('fd_write', fd, 0, 2, 16)).toBe('FAULT')
    expect(guest.stat('f').size).toBe(0)
    expect(guest.call('fd_write', 1, 0, 2, 16)).toBe('FAULT')
    expect(guest.streams.stdout).toBe('')
  })

  it('leaks no descriptor where the place for its number is not there', () => {
    const guest = createGuest({ files: [inputFile('f')] })
    guest.put(1000, 'f')
    for (let i = 0; i < 2000; i++) guest.call('path_open', 3, 0, 1000, 1, 0, 0n, 0n, 0, END)
    expect(guest.open('f').fd).toBe(4)
  })

  it('faults in a program without a memory', () => {
    const host = createWasiHost({ args: [], env: [], files: [], diskBytesMax: 0, seed: '', write: () => {} })
    const imports = host.imports[WASI_MODULE] as Record<string, (...args: number[]) => number>
    expect(imports.random_get!(0, 1)).toBe(21)
    expect(imports.sched_yield!()).toBe(0)
  })

  it('follows a memory that grows', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const host = createWasiHost({ args: ['x'], env: [], files: [], diskBytesMax: 0, seed: '', write: () => {} })
    host.attach(memory)
    const imports = host.imports[WASI_MODULE] as Record<string, (...args: number[]) => number>
    expect(imports.args_sizes_get!(END, 0)).toBe(21)
    memory.grow(1)
    expect(imports.args_sizes_get!(END, 0)).toBe(0)
    expect(new DataView(memory.buffer).getUint32(END, true)).toBe(1)
    expect(host.memoryBytes()).toBe(2 * PAGE_BYTES)
  })
})

describe('types', () => {
  it('refuses a call under another type than the standard has', () => {
    const guest = createGuest()
    for (const args of [[3], [3, 16, 0], [3, 16n], [3n, 16], [3, 0.5]]) {
      const fresh = createGuest()
      expect(() => fresh.call('fd_fdstat_get', ...args)).toThrow(expect.objectContaining({ code: 'E_BAD_PROGRAM' }))
    }
    expect(guest.call('fd_fdstat_get', 3, 16)).toBe('OK')
  })

  it('takes negative numbers for the large ones that they are in WebAssembly', () => {
    const guest = createGuest()
    expect(guest.call('random_get', -1, 1)).toBe('FAULT')
    expect(guest.call('fd_close', -1)).toBe('BADF')
  })
})
