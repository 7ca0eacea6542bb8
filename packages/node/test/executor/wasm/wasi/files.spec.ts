import { describe, expect, it } from 'vitest'
import { OPEN_FILES_MAX } from '../../../../src/executor/wasm/wasi/limits.ts'
import { createGuest, inputFile } from './guest.ts'

describe('opening', () => {
  it('finds input below the root', () => {
    const guest = createGuest({ files: [inputFile('src/main.c', 'int')] })
    expect(guest.cat('src/main.c')).toBe('int')
    expect(guest.cat('./src//main.c')).toBe('int')
    expect(guest.open('src/other.c').outcome).toBe('NOENT')
    expect(guest.open('src/main.c/x').outcome).toBe('NOTDIR')
    expect(guest.open('src/main.c/').outcome).toBe('NOTDIR')
  })

  it('creates, truncates and refuses as the flags say', () => {
    const guest = createGuest({ files: [inputFile('old', 'content')] })
    expect(guest.open('new', { flags: ['create'] }).outcome).toBe('OK')
    expect(guest.open('new', { flags: ['create', 'exclusive'] }).outcome).toBe('EXIST')
    expect(guest.open('old', { flags: ['create'], rights: ['write'] }).outcome).toBe('OK')
    expect(guest.cat('old')).toBe('content')
    guest.open('old', { flags: ['truncate'], rights: ['write'] })
    expect(guest.cat('old')).toBe('')
    expect(guest.open('new/', { flags: ['create'] }).outcome).toBe('NOTDIR')
    expect(guest.open('fresh/', { flags: ['create'] }).outcome).toBe('ISDIR')
    expect(guest.open('old', { flags: ['directory'] }).outcome).toBe('NOTDIR')
    expect(guest.open('none', { flags: ['create', 'directory'] }).outcome).toBe('INVAL')
  })

  it('opens a directory for reading only', () => {
    const guest = createGuest({ files: [inputFile('a/b')] })
    expect(guest.open('a', { flags: ['directory'] }).outcome).toBe('OK')
    expect(guest.open('a', { rights: ['read', 'write'] }).outcome).toBe('ISDIR')
    expect(guest.open('a', { flags: ['create'] }).outcome).toBe('ISDIR')
    expect(guest.open('a', { flags: ['truncate'] }).outcome).toBe('ISDIR')
    const { fd } = guest.open('a')
    expect(guest.read(fd)).toBe('ISDIR')
    expect(guest.write(fd, 'x')).toBe('BADF')
  })

  it('gives the lowest free number, up to the bound', () => {
    const guest = createGuest({ files: [inputFile('a')] })
    expect(guest.open('a').fd).toBe(4)
    for (let fd = 5; fd < OPEN_FILES_MAX; fd++) expect(guest.open('a').fd).toBe(fd)
    expect(guest.open('a').outcome).toBe('MFILE')
    expect(guest.close(77)).toBe('OK')
    expect(guest.close(77)).toBe('BADF')
    expect(guest.open('a').fd).toBe(77)
  })

  it('keeps to the rights asked for', () => {
    const guest = createGuest({ files: [inputFile('a', 'text')] })
    const reading = guest.open('a', { rights: ['read'] }).fd
    const writing = guest.open('a', { rights: ['write'] }).fd
    expect(guest.write(reading, 'x')).toBe('BADF')
    expect(guest.call('fd_filestat_set_size', reading, 0n)).toBe('BADF')
    expect(guest.call('fd_allocate', reading, 0n, 10n)).toBe('BADF')
    expect(guest.read(writing)).toBe('BADF')
  })
})

describe('reading and writing', () => {
  it('moves on, seeks, and tells', () => {
    const guest = createGuest({ files: [inputFile('a', '0123456789')] })
    const { fd } = guest.open('a', { rights: ['read', 'write'] })
    expect(guest.read(fd, 4)).toBe('0123')
    expect(guest.seek(fd, -2n, 1)).toBe('OK')
    expect(guest.read(fd, 3)).toBe('234')
    expect(guest.seek(fd, -1n, 2)).toBe('OK')
    expect(guest.u64()).toBe(9n)
    expect(guest.read(fd)).toBe('9')
    expect(guest.read(fd)).toBe('')
    expect(guest.seek(fd, -1n, 0)).toBe('INVAL')
    expect(guest.seek(fd, 0n, 3)).toBe('INVAL')
    expect(guest.seek(fd, 2n ** 62n, 0)).toBe('INVAL')
    expect(guest.call('fd_tell', fd, 16)).toBe('OK')
    expect(guest.u64()).toBe(10n)
  })

  it('fills a hole with zeros, also where there was something before', () => {
    const guest = createGuest()
    guest.create('a', 'abcdef')
    const { fd } = guest.open('a', { rights: ['read', 'write'] })
    expect(guest.call('fd_filestat_set_size', fd, 2n)).toBe('OK')
    guest.seek(fd, 4n, 0)
    guest.write(fd, 'x')
    expect(guest.cat('a')).toBe('ab\0\0x')
  })

  it('appends wherever the position is', () => {
    const guest = createGuest({ files: [inputFile('log', 'one ')] })
    const { fd } = guest.open('log', { rights: ['read', 'write'], append: true })
    guest.write(fd, 'two ')
    guest.seek(fd, 0n, 0)
    guest.write(fd, 'three')
    expect(guest.cat('log')).toBe('one two three')
  })

  it('reads and writes at a place without moving', () => {
    const guest = createGuest({ files: [inputFile('a', '0123456789')] })
    const { fd } = guest.open('a', { rights: ['read', 'write'] })
    guest.put(2000, 'XY')
    guest.view().setUint32(0, 2000, true)
    guest.view().setUint32(4, 2, true)
    expect(guest.call('fd_pwrite', fd, 0, 1, 3n, 16)).toBe('OK')
    expect(guest.call('fd_pread', fd, 0, 1, 2n, 16)).toBe('OK')
    expect(guest.bytes(2000, 2).toString()).toBe('2X')
    expect(guest.read(fd)).toBe('012XY56789')
    expect(guest.call('fd_pread', fd, 0, 1, 2n ** 60n, 16)).toBe('INVAL')
    expect(guest.call('fd_pwrite', fd, 0, 1, 2n ** 53n - 2n, 16)).toBe('FBIG')
  })

  it('writes scattered buffers in order and stops reading at the end', () => {
    const guest = createGuest()
    guest.put(2000, 'onetwo')
    ;[2000, 3, 2003, 3].forEach((value, i) => {
      guest.view().setUint32(4 * i, value, true)
    })
    const { fd } = guest.open('a', { flags: ['create'], rights: ['read', 'write'] })
    expect(guest.call('fd_write', fd, 0, 2, 16)).toBe('OK')
    expect(guest.u32()).toBe(6)
    expect(guest.cat('a')).toBe('onetwo')
    expect(guest.call('fd_write', fd, 0, 1025, 16)).toBe('INVAL')
  })

  it('treats the standard streams as streams', () => {
    const guest = createGuest()
    expect(guest.read(0)).toBe('')
    expect(guest.read(1)).toBe('BADF')
    expect(guest.write(0, 'x')).toBe('BADF')
    expect(guest.write(1, 'out')).toBe('OK')
    expect(guest.write(2, 'err')).toBe('OK')
    expect(guest.streams).toEqual({ stdout: 'out', stderr: 'err' })
    expect(guest.seek(1, 0n, 0)).toBe('SPIPE')
    expect(guest.write(99, 'x')).toBe('BADF')
    guest.call('fd_fdstat_get', 1, 16)
    // Neither a terminal nor seekable.
    expect(guest.bytes(16, 1)[0]).toBe(0)
    expect(guest.u64(24) & 0x24n).toBe(0n)
  })

  it('moves a descriptor over another', () => {
    const guest = createGuest({ files: [inputFile('a', 'A'), inputFile('b', 'B')] })
    const [a, b] = [guest.open('a').fd, guest.open('b').fd]
    expect(guest.call('fd_renumber', a, b)).toBe('OK')
    expect(guest.read(b)).toBe('A')
    expect(guest.read(a)).toBe('BADF')
    expect(guest.call('fd_renumber', b, 99)).toBe('BADF')
    expect(guest.call('fd_renumber', b, b)).toBe('OK')
    expect(guest.open('b').fd).toBe(a)
  })

  it('narrows rights and never widens them', () => {
    const guest = createGuest({ files: [inputFile('a', 'A')] })
    const { fd } = guest.open('a', { rights: ['read', 'write'] })
    expect(guest.call('fd_fdstat_set_rights', fd, 2n, 0n)).toBe('OK')
    expect(guest.call('fd_fdstat_set_rights', fd, 66n, 0n)).toBe('NOTCAPABLE')
    expect(guest.write(fd, 'x')).toBe('BADF')
  })
})

describe('times', () => {
  it('shows writing by the virtual clock, and what is set', () => {
    const guest = createGuest({ files: [inputFile('a', 'A')] })
    const before = guest.stat('a').modifiedNs
    guest.create('a', 'B')
    expect(guest.stat('a').modifiedNs).toBeGreaterThan(before)
    guest.put(1024, 'a')
    expect(guest.call('path_filestat_set_times', 3, 0, 1024, 1, 5n, 6n, 4)).toBe('OK')
    expect(guest.stat('a').modifiedNs).toBe(6n)
    expect(guest.call('path_filestat_set_times', 3, 0, 1024, 1, 5n, 6n, 12)).toBe('INVAL')
    expect(guest.call('path_filestat_set_times', 3, 0, 1024, 1, 5n, 6n, 16)).toBe('INVAL')
  })
})
