import createWabt from 'wabt'

const wabt = await createWabt()

/** WebAssembly binary from its text form. */
export function assemble(text: string): Uint8Array {
  const module = wabt.parseWat('program.wat', text, {
    exceptions: true,
    tail_call: true,
    threads: true,
    memory64: true
  })
  try {
    return module.toBinary({}).buffer
  } finally {
    module.destroy()
  }
}

export interface CommandText {
  /** Instructions of `_start`. */
  body: string
  /** Initial pages, and a maximum where one is given: "1" or "1 16". */
  memory?: string
  /** Placed at 65,536 × 0 + 256: paths and such. */
  data?: string
  locals?: string
  /** Further imports. */
  imports?: string
  /** Anything else on the level of the module. */
  more?: string
}

/** Where {@link CommandText.data} lies. */
export const DATA_AT = 256

/** A WASI command with the usual imports. Memory below 256 is scratch. */
export function command({
  body,
  memory = '1',
  data = '',
  locals = '',
  imports = '',
  more = ''
}: CommandText): Uint8Array {
  return assemble(`(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
      (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
    ${imports}
    (memory (export "memory") ${memory})
    (data (i32.const ${DATA_AT}) "${data}")
    ${more}
    ;; Writes length bytes at pointer to fd; exits with 100 + errno where that fails.
    (func $print (param $fd i32) (param $pointer i32) (param $length i32)
      (i32.store (i32.const 0) (local.get $pointer))
      (i32.store (i32.const 4) (local.get $length))
      (call $check (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func $check (param $errno i32)
      (if (local.get $errno) (then (call $proc_exit (i32.add (i32.const 100) (local.get $errno))))))
    (func (export "_start") ${locals} ${body}))`)
}

/** Ends at once. */
export const noop = command({ body: '' })

export const exitWith = (code: number) => command({ body: `(call $proc_exit (i32.const ${code}))` })

/** Writes text to standard output (1) or standard error (2). */
export const print = (text: string, fd = 1) =>
  command({ data: text, body: `(call $print (i32.const ${fd}) (i32.const ${DATA_AT}) (i32.const ${text.length}))` })

export const trap = command({
  data: 'before',
  body: `(call $print (i32.const 1) (i32.const ${DATA_AT}) (i32.const 6)) unreachable`
})

export const loopForever = command({ body: '(loop $again (br $again))' })

/** Prints "on", then never ends. */
export const printAndLoop = command({
  data: 'on',
  body: `(call $print (i32.const 1) (i32.const ${DATA_AT}) (i32.const 2)) (loop $again (br $again))`
})

export const recurseForever = command({
  more: '(func $deeper (param i32) (result i32) (i32.add (call $deeper (local.get 0)) (i32.const 1)))',
  body: '(drop (call $deeper (i32.const 1)))'
})

/** Grows its memory page by page until that fails, and exits with the number of pages it then has. */
export const growAll = (memory = '1') =>
  command({
    memory,
    body: `(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (call $proc_exit (memory.size))`
  })

/** Writes that many zero bytes to standard output (1) or standard error (2). */
export const flood = (bytes: number, fd = 1) =>
  command({
    memory: String(Math.ceil((bytes + 1024) / 65_536)),
    body: `(call $print (i32.const ${fd}) (i32.const 1024) (i32.const ${bytes}))`
  })

/** Writes that many zero bytes to a new file. */
export const writeFile = (path: string, bytes: number) =>
  command({
    data: path,
    memory: String(Math.ceil((bytes + 1024) / 65_536)),
    body: `
      (call $check (call $path_open (i32.const 3) (i32.const 0) (i32.const ${DATA_AT}) (i32.const ${path.length})
        (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))
      (call $print (i32.load (i32.const 16)) (i32.const 1024) (i32.const ${bytes}))`
  })

/** Prints a file; exits with 100 + errno where it cannot be opened. */
export const readFile = (path: string) =>
  command({
    data: path,
    body: `
      (call $check (call $path_open (i32.const 3) (i32.const 0) (i32.const ${DATA_AT}) (i32.const ${path.length})
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.const 4096))
      (call $check (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
      (call $print (i32.const 1) (i32.const 1024) (i32.load (i32.const 8)))`
  })

/** Prints arguments to standard output and variables to standard error, each closed by a zero byte. */
export const printStrings = command({
  body: `
    (call $check (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (call $check (call $args_get (i32.const 1024) (i32.const 4096)))
    (call $print (i32.const 1) (i32.const 4096) (i32.load (i32.const 20)))
    (call $check (call $environ_sizes_get (i32.const 16) (i32.const 20)))
    (call $check (call $environ_get (i32.const 1024) (i32.const 4096)))
    (call $print (i32.const 2) (i32.const 4096) (i32.load (i32.const 20)))`
})

/** Prints all it can sense of its surroundings: 64 random bytes, three clocks, and the entries of its root. */
export const printSurroundings = command({
  body: `
    (call $check (call $random_get (i32.const 1024) (i32.const 64)))
    (call $check (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 1088)))
    (call $check (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 1096)))
    (call $check (call $clock_time_get (i32.const 2) (i64.const 0) (i32.const 1104)))
    (call $check (call $fd_readdir (i32.const 3) (i32.const 1112) (i32.const 2048) (i64.const 0) (i32.const 16)))
    (call $print (i32.const 1) (i32.const 1024) (i32.add (i32.const 88) (i32.load (i32.const 16))))`
})
