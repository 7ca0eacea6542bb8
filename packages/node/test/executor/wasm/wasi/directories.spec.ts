import { describe, expect, it } from 'vitest'
import { NAME_BYTES_MAX, PATH_BYTES_MAX, PATH_DEPTH_MAX } from '../../../../src/executor/wasm/wasi/limits.ts'
import { createGuest, inputFile } from './guest.ts'

describe('the preopened root', () => {
  it('is called / and is the only one', () => {
    const guest = createGuest()
    expect(guest.call('fd_prestat_get', 3, 16)).toBe('OK')
    expect([guest.u32(16), guest.u32(20)]).toEqual([0, 1])
    expect(guest.call('fd_prestat_dir_name', 3, 16, 1)).toBe('OK')
    expect(guest.bytes(16, 1).toString()).toBe('/')
    expect(guest.call('fd_prestat_dir_name', 3, 16, 0)).toBe('NAMETOOLONG')
    expect(guest.call('fd_prestat_get', 4, 16)).toBe('BADF')
    expect(guest.call('fd_prestat_get', 1, 16)).toBe('BADF')
  })

  it('holds the input and an empty output directory', () => {
    const guest = createGuest({ files: [inputFile('src/a'), inputFile('README')] })
    expect(guest.list()).toEqual(['.', '..', 'README', 'output', 'src'])
    expect(guest.list(guest.open('output').fd)).toEqual(['.', '..'])
  })
})

describe('paths', () => {
  it('lead nowhere outside', () => {
    const guest = createGuest({ files: [inputFile('a/b/c', 'C'), inputFile('secret', 'S')] })
    for (const path of ['..', '../secret', 'a/../..', 'a/../../secret', '/secret', '/etc/passwd', './../x']) {
      expect([path, guest.open(path).outcome]).toEqual([path, 'NOTCAPABLE'])
    }
    expect(guest.cat('a/../secret')).toBe('S')
    const { fd } = guest.open('a/b')
    expect(guest.open('../../secret', { from: fd }).outcome).toBe('NOTCAPABLE')
    expect(guest.open('c', { from: fd }).outcome).toBe('OK')
    expect(guest.open('x/../c', { from: fd }).outcome).toBe('NOENT')
    expect(guest.open('c/..', { from: fd }).outcome).toBe('NOTDIR')
  })

  it('must be text', () => {
    const guest = createGuest()
    expect(guest.open('').outcome).toBe('NOENT')
    expect(guest.open('a\0b', { flags: ['create'] }).outcome).toBe('INVAL')
    guest.put(1024, Uint8Array.of(0xff, 0xfe))
    expect(guest.call('path_create_directory', 3, 1024, 2)).toBe('ILSEQ')
  })

  it('are bounded in name, length and depth', () => {
    const guest = createGuest()
    expect(guest.create('x'.repeat(NAME_BYTES_MAX))).toBe('OK')
    expect(guest.create('x'.repeat(NAME_BYTES_MAX + 1))).toBe('NAMETOOLONG')
    expect(guest.create('é'.repeat(NAME_BYTES_MAX / 2 + 1))).toBe('NAMETOOLONG')
    expect(guest.mkdir('d')).toBe('OK')
    expect(guest.stat('d/'.repeat(PATH_DEPTH_MAX - 1)).outcome).toBe('NOENT')
    expect(guest.stat(`${'./'.repeat(PATH_DEPTH_MAX - 1)}d`).outcome).toBe('OK')
    expect(guest.stat(`${'./'.repeat(PATH_DEPTH_MAX)}d`).outcome).toBe('NAMETOOLONG')
    expect(guest.stat(`d${'/'.repeat(PATH_DEPTH_MAX - 1)}`).outcome).toBe('OK')
    const long = `${'n'.repeat(200)}/`.repeat(21).slice(0, PATH_BYTES_MAX)
    expect(guest.stat(long).outcome).toBe('NOENT')
    expect(guest.call('path_create_directory', 3, 1024, PATH_BYTES_MAX + 1)).toBe('NAMETOOLONG')
  })

  it('know no links', () => {
    const guest = createGuest({ files: [inputFile('a')] })
    guest.put(1024, 'a')
    expect(guest.call('path_symlink', 1024, 1, 3, 1024, 1)).toBe('NOTSUP')
    expect(guest.call('path_link', 3, 0, 1024, 1, 3, 1024, 1)).toBe('NOTSUP')
    expect(guest.call('path_readlink', 3, 1024, 1, 2000, 10, 16)).toBe('INVAL')
  })
})

describe('making and removing', () => {
  it('makes directories', () => {
    const guest = createGuest({ files: [inputFile('file')] })
    expect(guest.mkdir('a')).toBe('OK')
    expect(guest.mkdir('a')).toBe('EXIST')
    expect(guest.mkdir('a/b/')).toBe('OK')
    expect(guest.mkdir('none/b')).toBe('NOENT')
    expect(guest.mkdir('file/b')).toBe('NOTDIR')
    expect(guest.mkdir('.')).toBe('EXIST')
    expect(guest.mkdir('x', 1)).toBe('NOTDIR')
    expect(guest.mkdir('x', 9)).toBe('BADF')
  })

  it('removes what is empty', () => {
    const guest = createGuest({ files: [inputFile('a/b/c'), inputFile('file')] })
    expect(guest.rmdir('a/b')).toBe('NOTEMPTY')
    expect(guest.unlink('a/b')).toBe('ISDIR')
    expect(guest.rmdir('a/b/c')).toBe('NOTDIR')
    expect(guest.unlink('a/b/c')).toBe('OK')
    expect(guest.rmdir('a/b')).toBe('OK')
    expect(guest.rmdir('a/b')).toBe('NOENT')
    expect(guest.unlink('gone')).toBe('NOENT')
    expect(guest.rmdir('.')).toBe('NOTEMPTY')
    expect(guest.unlink('file')).toBe('OK')
    expect(guest.list()).toEqual(['.', '..', 'a', 'output'])
  })

  it('creates nothing in a directory that is gone', () => {
    const guest = createGuest()
    guest.mkdir('a')
    const { fd } = guest.open('a')
    guest.rmdir('a')
    expect(guest.mkdir('b', fd)).toBe('NOENT')
    expect(guest.open('f', { from: fd, flags: ['create'] }).outcome).toBe('NOENT')
  })

  it('keeps an unlinked file for whoever has it open', () => {
    const guest = createGuest({ files: [inputFile('a', 'still here')] })
    const { fd } = guest.open('a')
    guest.unlink('a')
    expect(guest.read(fd)).toBe('still here')
  })
})

describe('renaming', () => {
  it('moves files and replaces them', () => {
    const guest = createGuest({ files: [inputFile('a', 'A'), inputFile('b', 'B'), inputFile('d/e', 'E')] })
    expect(guest.rename('a', 'd/a')).toBe('OK')
    expect(guest.cat('d/a')).toBe('A')
    expect(guest.stat('a').outcome).toBe('NOENT')
    expect(guest.rename('b', 'd/e')).toBe('OK')
    expect(guest.cat('d/e')).toBe('B')
    expect(guest.rename('d/e', 'd/e')).toBe('OK')
    expect(guest.rename('d/e', 'd')).toBe('ISDIR')
    expect(guest.rename('none', 'x')).toBe('NOENT')
    expect(guest.rename('d/e', 'none/x')).toBe('NOENT')
    expect(guest.rename('d/e', 'x/')).toBe('NOTDIR')
  })

  it('moves directories, and never into themselves', () => {
    const guest = createGuest({ files: [inputFile('a/b/c', 'C'), inputFile('f'), inputFile('full/x')] })
    expect(guest.rename('a', 'a/b/d')).toBe('INVAL')
    expect(guest.rename('a', 'f')).toBe('NOTDIR')
    expect(guest.rename('a', 'full')).toBe('NOTEMPTY')
    expect(guest.rename('.', 'x')).toBe('INVAL')
    guest.mkdir('empty')
    expect(guest.rename('a', 'empty')).toBe('OK')
    expect(guest.cat('empty/b/c')).toBe('C')
    expect(guest.rename('empty/b', 'b')).toBe('OK')
    expect(guest.rename('empty', 'b/e')).toBe('OK')
    expect(guest.cat('b/c')).toBe('C')
  })
})

describe('listing', () => {
  it('is in order of bytes, through a buffer of any size', () => {
    const names = ['b', 'a', 'B', 'é', 'z', '\u{1F600}', '\u{E000}', '10', '9']
    const sorted = [...names, 'output'].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const guest = createGuest({ files: names.map(name => inputFile(name)) })
    for (const room of [30, 31, 64, 400]) expect(guest.list(3, room)).toEqual(['.', '..', ...sorted])
  })

  it('skips none when entries are deleted meanwhile', () => {
    const names = Array.from({ length: 50 }, (_, i) => `f${String(i).padStart(2, '0')}`)
    const guest = createGuest({ files: names.map(name => inputFile(`d/${name}`)) })
    const { fd } = guest.open('d')
    let cookie = 0n
    for (;;) {
      guest.call('fd_readdir', fd, 20_000, 60, cookie, 16)
      if (guest.u32() < 60) break
      const length = guest.view().getUint32(20_016, true)
      const name = guest.bytes(20_024, length).toString()
      cookie = guest.view().getBigUint64(20_000, true)
      if (!name.startsWith('.')) expect(guest.unlink(`d/${name}`)).toBe('OK')
    }
    expect(guest.list(guest.open('d').fd).length).toBeLessThanOrEqual(4)
  })

  it('numbers inodes in order of paths, whatever order the input comes in', () => {
    const paths = ['b/x', 'a', 'c', 'b/a']
    const inodes = (order: string[]) => {
      const guest = createGuest({ files: order.map(path => inputFile(path)) })
      return [...paths, 'b', 'output'].map(path => guest.stat(path).inode)
    }
    expect(inodes(paths)).toEqual(inodes([...paths].reverse()))
    expect(inodes(paths)).toEqual([5n, 2n, 6n, 4n, 3n, 7n])
  })
})

describe('output', () => {
  it('is what lies below /output at the end, sorted', () => {
    const guest = createGuest()
    guest.mkdir('output/d')
    for (const path of ['output/d/z', 'output/b', 'output/d!', 'output/a', 'elsewhere']) guest.create(path, path)
    expect(guest.host.outputFiles().map(({ path, bytes }) => [path, Buffer.from(bytes).toString()])).toEqual([
      ['a', 'output/a'],
      ['b', 'output/b'],
      ['d!', 'output/d!'],
      ['d/z', 'output/d/z']
    ])
  })

  it('is nothing where the program removed or replaced it', () => {
    const guest = createGuest()
    expect(guest.rmdir('output')).toBe('OK')
    expect(guest.host.outputFiles()).toEqual([])
    guest.create('output', 'a file')
    expect(guest.host.outputFiles()).toEqual([])
  })

  it('ends the job where a path got too long to pass on', () => {
    const guest = createGuest()
    const name = 'n'.repeat(250)
    let { fd } = guest.open('output')
    for (let depth = 0; depth < 17; depth++) {
      guest.mkdir(name, fd)
      fd = guest.open(name, { from: fd }).fd
    }
    expect(() => guest.host.outputFiles()).toThrow(expect.objectContaining({ code: 'E_OUTPUT_LIMIT' }))
  })
})
