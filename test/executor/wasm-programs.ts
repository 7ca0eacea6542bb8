import { createHash } from 'node:crypto'
import { assemble } from '../../packages/node/test/executor/programs.ts'
import { GOT_IT, type Program, type Programs } from '../suites/executor/back-end.ts'

const PAGE_BYTES = 65_536
/** Where texts lie; below is scratch. */
const DATA_AT = 1024
const BUFFER_AT = PAGE_BYTES
const ROUNDS_OF_A_SECOND = 700_000_000
const CREATE = 1
const RIGHT = { read: 2, write: 64 }
const EXISTS = 20

/** A WASI command. Below the body's own texts are those that {@link Texts.put} gives places to. */
function program(write: (texts: Texts) => string, locals = ''): Program {
  const texts = createTexts()
  const body = write(texts)
  const bytes = assemble(`(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
      (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
    (memory (export "memory") 3)
    (data (i32.const ${DATA_AT}) "${texts.data()}")
    (func $check (param $errno i32)
      (if (local.get $errno) (then (call $exit (i32.add (i32.const 100) (local.get $errno))))))
    (func $write (param $fd i32) (param $at i32) (param $length i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (call $check (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
    ;; Fills the buffer; gives the number of bytes, 0 at the end.
    (func $read (param $fd i32) (result i32)
      (i32.store (i32.const 0) (i32.const ${BUFFER_AT}))
      (i32.store (i32.const 4) (i32.const ${PAGE_BYTES}))
      (call $check (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.load (i32.const 8)))
    (func $copy (param $from i32) (param $to i32) (local $size i32)
      (block $end (loop $more
        (local.set $size (call $read (local.get $from)))
        (br_if $end (i32.eqz (local.get $size)))
        (call $write (local.get $to) (i32.const ${BUFFER_AT}) (local.get $size))
        (br $more))))
    ;; Writes that many zero bytes.
    (func $zeros (param $fd i32) (param $count i32) (local $size i32)
      (block $end (loop $more
        (br_if $end (i32.eqz (local.get $count)))
        (local.set $size (select (local.get $count) (i32.const ${PAGE_BYTES})
          (i32.lt_u (local.get $count) (i32.const ${PAGE_BYTES}))))
        (call $write (local.get $fd) (i32.const ${BUFFER_AT}) (local.get $size))
        (local.set $count (i32.sub (local.get $count) (local.get $size)))
        (br $more))))
    (func $open (param $at i32) (param $length i32) (param $flags i32) (param $rights i64) (result i32)
      (call $check (call $path_open (i32.const 3) (i32.const 0) (local.get $at) (local.get $length)
        (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 16)))
      (i32.load (i32.const 16)))
    (func $folder (param $at i32) (param $length i32) (local $errno i32)
      (local.set $errno (call $mkdir (i32.const 3) (local.get $at) (local.get $length)))
      (if (i32.ne (local.get $errno) (i32.const ${EXISTS})) (then (call $check (local.get $errno)))))
    (func (export "_start") ${locals} ${body}))`)
  const cid = createHash('sha256').update(bytes).digest('hex')
  return { program: { cid, load: async () => bytes }, args: ['program'] }
}

/** Texts of a program, in its memory one after the other. */
interface Texts {
  /** "(i32.const where) (i32.const length)" */
  put(content: string): string
  /** In the escapes of the text format. */
  data(): string
}

function createTexts(): Texts {
  let all = Buffer.alloc(0)
  return {
    put(content) {
      const bytes = Buffer.from(content)
      const at = DATA_AT + all.length
      all = Buffer.concat([all, bytes])
      return `(i32.const ${at}) (i32.const ${bytes.length})`
    },
    data: () => all.toString('hex').replace(/../g, '\\$&')
  }
}

const fdOf = (stream: 'stdout' | 'stderr') => (stream === 'stdout' ? 1 : 2)
const print = (texts: Texts, content: string, fd = 1) => `(call $write (i32.const ${fd}) ${texts.put(content)})`
const open = (texts: Texts, path: string) =>
  `(call $open ${texts.put(path)} (i32.const ${CREATE}) (i64.const ${RIGHT.write}))`

/** The folders above a path, outermost first. */
function foldersAbove(path: string): string[] {
  const names = path.split('/')
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join('/'))
}

/** The suite's programs as WASI commands. */
export const wasmPrograms: Programs = {
  exitWith: code => program(() => `(call $exit (i32.const ${code}))`),
  abort: () => program(() => 'unreachable'),
  print: (content, stream) => program(texts => print(texts, content, fdOf(stream))),
  copyStdin: () => program(() => '(call $copy (i32.const 0) (i32.const 1))'),
  printArguments(args) {
    // All strings lie one after the other: what follows the name's zero character are the others.
    const printer = program(
      () => `
        (call $check (call $args_sizes_get (i32.const 16) (i32.const 20)))
        (call $check (call $args_get (i32.const ${DATA_AT}) (i32.const ${BUFFER_AT})))
        (call $write (i32.const 1) (i32.const ${BUFFER_AT + 2}) (i32.sub (i32.load (i32.const 20)) (i32.const 2)))`
    )
    return { ...printer, args: ['p', ...args] }
  },
  printVariables: () =>
    program(
      () => `
        (call $check (call $environ_sizes_get (i32.const 16) (i32.const 20)))
        (call $check (call $environ_get (i32.const ${DATA_AT}) (i32.const ${BUFFER_AT})))
        (call $write (i32.const 1) (i32.const ${BUFFER_AT}) (i32.load (i32.const 20)))`
    ),
  printFiles: paths =>
    program(texts => {
      const open = (path: string) => `(call $open ${texts.put(path)} (i32.const 0) (i64.const ${RIGHT.read}))`
      return paths.map(path => `(call $copy ${open(path)} (i32.const 1))`).join('\n')
    }),
  writeFiles: files =>
    program(texts =>
      Object.entries(files)
        .flatMap(([name, content]) => {
          const path = `output/${name}`
          const folders = foldersAbove(path).map(folder => `(call $folder ${texts.put(folder)})`)
          return [...folders, `(call $write ${open(texts, path)} ${texts.put(content)})`]
        })
        .join('\n')
    ),
  printAndLoop: () => program(texts => `${print(texts, 'on')} (loop $again (br $again))`),
  work: () =>
    program(
      () => `
        (local.set $left (i64.const ${ROUNDS_OF_A_SECOND}))
        (loop $again
          (local.set $left (i64.sub (local.get $left) (i64.const 1)))
          (br_if $again (i64.ne (local.get $left) (i64.const 0))))`,
      '(local $left i64)'
    ),
  flood: (bytes, stream) => program(() => `(call $zeros (i32.const ${fdOf(stream)}) (i32.const ${bytes}))`),
  writeOutput: bytes => program(texts => `(call $zeros ${open(texts, 'output/file')} (i32.const ${bytes}))`),
  takeMemory: bytes =>
    program(
      texts => `
        (if (i32.eq (memory.grow (i32.const ${Math.ceil(bytes / PAGE_BYTES) - 3})) (i32.const -1))
          (then (call $exit (i32.const 1))))
        ${print(texts, GOT_IT)}`
    ),
  fillDisk: bytes =>
    program(texts => `(call $zeros ${open(texts, 'scratch')} (i32.const ${bytes})) ${print(texts, GOT_IT)}`)
}
