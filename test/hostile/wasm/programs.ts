import { assemble, command, DATA_AT } from '../../../packages/node/test/executor/programs.ts'

const fdClose = '(import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))'
const makeDirectory =
  '(import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))'

/** Makes a file of the four letters at the start of the data, for writing; its descriptor is then at 16. */
const createFile = `(call $check (call $path_open (i32.const 3) (i32.const 0) (i32.const ${DATA_AT}) (i32.const 4)
  (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))`

/** The end of a function. */
const END = Buffer.from([0x0b])

/** Imports what preview 1 does not have: the names that other systems give to what is wanted. */
export const asking = (module: string, name: string) =>
  assemble(`(module (import "${module}" "${name}" (func (param i32 i32) (result i32)))
    (memory (export "memory") 1) (func (export "_start")))`)

/** An honest program that computes for some ten milliseconds. */
export const countDown = command({
  locals: '(local $n i32)',
  body: `(local.set $n (i32.const 20000000))
    (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))`
})

/** Takes all it gets, writes to all of it, and exits with 7. */
export const takeMemory = command({
  body: `(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.fill (i32.const 65536) (i32.const 1) (i32.mul (i32.const 65536) (i32.sub (memory.size) (i32.const 1))))
    (call $proc_exit (i32.const 7))`
})

/** Twenty tables of nine million entries each, in the engine’s own heap. */
export const fillEngine = command({
  more: range(20, i => `(table $t${i} 1 externref)`),
  body: range(20, i => `(drop (table.grow $t${i} (ref.null extern) (i32.const 9000000)))`)
})

/** A hundred bytes that want four gibibytes. */
export const inflate = command({ memory: '65535', body: '(memory.fill (i32.const 0) (i32.const 1) (i32.const -1))' })

/** Three functions of a million instructions each, all of them called, and then no end. */
export const compileForever = largeFunctions(3, 1_000_000)

/** Writes 64 KiB at a time to one file. */
export const fillDisk = command({
  data: 'fill',
  memory: '2',
  body: `${createFile}
    (loop $again (call $print (i32.load (i32.const 16)) (i32.const 1024) (i32.const 65536)) (br $again))`
})

/** Empty files named by the letters of a counter. */
export const makeFiles = command({
  data: '????',
  locals: '(local $n i32)',
  body: `(loop $again
    ${[0, 1, 2, 3]
      .map(
        place => `(i32.store8 (i32.const ${DATA_AT + place})
          (i32.add (i32.const 97) (i32.and (i32.shr_u (local.get $n) (i32.const ${4 * place})) (i32.const 15))))`
      )
      .join('')}
    ${createFile}
    (drop (call $fd_close (i32.load (i32.const 16))))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $n) (i32.const 65536))))`,
  imports: fdClose
})

/** A folder in a folder in a folder, below the output: each made and opened from the one before. */
export const nestFolders = command({
  data: 'output',
  locals: '(local $at i32)',
  imports: fdClose + makeDirectory,
  body: `(local.set $at (i32.const 3))
    (call $check (call $path_open (i32.const 3) (i32.const 0) (i32.const ${DATA_AT}) (i32.const 6)
      (i32.const 2) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 16)))
    (loop $again
      (local.set $at (i32.load (i32.const 16)))
      (call $check (call $mkdir (local.get $at) (i32.const ${DATA_AT}) (i32.const 1)))
      (call $check (call $path_open (local.get $at) (i32.const 0) (i32.const ${DATA_AT}) (i32.const 1)
        (i32.const 2) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 16)))
      (drop (call $fd_close (local.get $at)))
      (br $again))`
})

export const flood = command({
  memory: '2',
  body: '(loop $again (call $print (i32.const 1) (i32.const 1024) (i32.const 65536)) (br $again))'
})

/** Exits with 100 + what the host answers to a link out of the root. */
export const linkOut = command({
  data: '../../etc/passwdlink',
  imports: `(import "wasi_snapshot_preview1" "path_symlink" (func $link (param i32 i32 i32 i32 i32) (result i32)))`,
  body: `(call $check (call $link (i32.const ${DATA_AT}) (i32.const 16) (i32.const 3)
    (i32.const ${DATA_AT + 16}) (i32.const 4)))`
})

/** Sends over, and listens on, whatever descriptors there are; exits with 100 + the first refusal, 1 if nothing refuses. */
export const useSockets = command({
  imports: `
    (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))`,
  body: `(call $check (call $send (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16)))
    (call $check (call $accept (i32.const 3) (i32.const 0) (i32.const 16)))
    (call $proc_exit (i32.const 1))`
})

export const raise = command({
  imports: '(import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))',
  body: '(call $check (call $raise (i32.const 9)))'
})

/** Sleeps for 146 years and puts out what time it is then. */
export const sleepLong = command({
  imports: '(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))',
  body: `(i64.store (i32.const 1048) (i64.const 4611686018427387904))
    (i32.store (i32.const 1040) (i32.const 1))
    (call $check (call $poll (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 16)))
    (call $check (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 1024)))
    (call $print (i32.const 1) (i32.const 1024) (i32.const 8))`
})

/** Exits with 1 if any descriptor that is closed or was never open takes a byte, with 2 if closing twice works. */
export const useStale = command({
  imports: fdClose,
  locals: '(local $fd i32)',
  body: `(i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 1))
    (local.set $fd (i32.const 4))
    (loop $again
      (if (i32.ne (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 8))
        (then (call $proc_exit (i32.const 1))))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $fd) (i32.const 4096))))
    (drop (call $fd_close (i32.const 1)))
    (if (i32.eqz (call $fd_close (i32.const 1))) (then (call $proc_exit (i32.const 2))))
    (if (i32.ne (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 8))
      (then (call $proc_exit (i32.const 1))))
    (if (i32.ne (call $fd_write (i32.const -1) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 8))
      (then (call $proc_exit (i32.const 1))))`
})

/** Tries to make each of these files below its output; goes on where one is refused. */
export const makeOutputs = (paths: readonly string[]) => {
  let at = DATA_AT
  const calls = paths.map(path => {
    const bytes = Buffer.byteLength(path)
    const call = `(drop (call $path_open (i32.const 3) (i32.const 0) (i32.const ${at}) (i32.const ${bytes})
      (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))`
    at += bytes
    return call
  })
  const data = [...Buffer.from(paths.join(''))].map(byte => `\\${byte.toString(16).padStart(2, '0')}`).join('')
  return command({ data, body: calls.join('') })
}

function range(count: number, text: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => text(i)).join('')
}

/** Put together by hand: as text it would take longer to write down than to run. */
function largeFunctions(count: number, repetitions: number): Uint8Array {
  // local 0 becomes local 0 plus 1
  const step = Buffer.from([0x20, 0, 0x41, 1, 0x6a, 0x21, 0])
  const body = sized(Buffer.concat([Buffer.from([1, 1, 0x7f]), Buffer.alloc(step.length * repetitions, step), END]))
  const calls = Buffer.concat(Array.from({ length: count }, (_, i) => Buffer.from([0x10, i])))
  const start = sized(Buffer.concat([Buffer.from([0]), calls, Buffer.from([0x03, 0x40, 0x0c, 0, 0x0b]), END]))
  const section = (id: number, ...parts: Buffer[]) => Buffer.concat([Buffer.from([id]), sized(Buffer.concat(parts))])
  return Buffer.concat([
    Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    section(1, Buffer.from([1, 0x60, 0, 0])),
    section(3, Buffer.from([count + 1]), Buffer.alloc(count + 1)),
    section(7, Buffer.from([1]), sized(Buffer.from('_start')), Buffer.from([0, count])),
    section(10, Buffer.from([count + 1]), ...Array.from({ length: count }, () => body), start)
  ])
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([leb128(bytes.length), bytes])
}

function leb128(value: number): Buffer {
  return Buffer.from(value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >>> 7)])
}
