import { expect, it } from 'vitest'
import { INODES_MAX } from '../../../../src/executor/wasm/wasi/limits.ts'
import { createGuest, inputFile } from './guest.ts'

const diskLimit = expect.objectContaining({ code: 'E_DISK_LIMIT' })

it('counts bytes by size, holes included, and ends the job past the bound', () => {
  const guest = createGuest({ diskBytesMax: 1000, files: [inputFile('in', '0123456789')] })
  const { fd } = guest.open('a', { flags: ['create'], rights: ['write'] })
  expect(guest.call('fd_filestat_set_size', fd, 990n)).toBe('OK')
  expect(() => guest.call('fd_filestat_set_size', fd, 991n)).toThrow(diskLimit)
})

it('refuses a far write at once instead of growing towards it', () => {
  const guest = createGuest({ diskBytesMax: 1000 })
  const { fd } = guest.open('a', { flags: ['create'], rights: ['write'] })
  guest.seek(fd, 2n ** 40n, 0)
  expect(() => guest.write(fd, 'x')).toThrow(diskLimit)
})

it('gives back what is truncated, unlinked or replaced', () => {
  const guest = createGuest({ diskBytesMax: 10 })
  for (let round = 0; round < 3; round++) {
    expect(guest.create('a', '0123456789')).toBe('OK')
    expect(guest.unlink('a')).toBe('OK')
    guest.create('b', '01234')
    guest.create('c', '56789')
    expect(guest.rename('b', 'c')).toBe('OK')
    guest.create('d', 'abcde')
    guest.open('c', { flags: ['truncate'], rights: ['write'] })
    guest.create('e', 'fghij')
    for (const name of ['c', 'd', 'e']) guest.unlink(name)
    for (let fd = 4; guest.close(fd) === 'OK'; fd++);
  }
})

it('counts an unlinked file until the last descriptor closes', () => {
  const guest = createGuest({ diskBytesMax: 10, files: [inputFile('a', '0123456789')] })
  const { fd } = guest.open('a')
  guest.unlink('a')
  const other = guest.open('b', { flags: ['create'], rights: ['write'] }).fd
  guest.close(fd)
  expect(guest.write(other, '0123456789')).toBe('OK')

  const full = createGuest({ diskBytesMax: 10, files: [inputFile('a', '0123456789')] })
  full.open('a')
  full.unlink('a')
  expect(() => full.create('b', 'x')).toThrow(diskLimit)
})

it('bounds the number of files and directories, and gives them back', () => {
  const guest = createGuest()
  // The root and /output are two.
  for (let i = 2; i < INODES_MAX; i++) guest.mkdir(`d${i}`)
  expect(guest.rmdir('d2')).toBe('OK')
  expect(guest.mkdir('again')).toBe('OK')
  expect(() => guest.mkdir('more')).toThrow(diskLimit)
})

it('ends the job for good: later calls do nothing', () => {
  const guest = createGuest({ diskBytesMax: 3 })
  expect(() => guest.create('a', 'four')).toThrow(diskLimit)
  expect(() => guest.write(1, 'still alive')).toThrow(diskLimit)
  expect(guest.streams.stdout).toBe('')
})
