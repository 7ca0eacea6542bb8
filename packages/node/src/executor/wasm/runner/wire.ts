/**
 * What the executor and its runner process say to each other, over the runner's standard input and output.
 *
 * A frame is a 32-bit little-endian length of the payload, one byte of type, and the payload. Structured payloads are
 * JSON. A file or program is announced with its size and follows in as many data frames as it takes.
 *
 * A job is: `job`, perhaps `stdin` (+ `data`), any number of `file` (+ `data`), then `run`; or `abort` before `run`. The runner may answer `run`
 * with `needProgram`, then gets `program` (+ `data`) or `abort`. When the program begins to run comes `started`,
 * while it runs `stdout`, `stderr` and `progress`, after it `file` (+ `data`), and last `done`.
 *
 * Instead of a job, a program to be metered: `meter` (+ `data`), answered with `metered` (+ `data`) or a `done` that says
 * why not.
 */
export const FRAME = {
  job: 1,
  file: 2,
  data: 3,
  program: 4,
  run: 5,
  abort: 6,
  stdin: 7,
  meter: 8,
  ready: 16,
  needProgram: 17,
  stdout: 18,
  stderr: 19,
  done: 20,
  started: 21,
  metered: 22,
  progress: 23
} as const

export const FRAME_HEADER_BYTES = 5
/** Bound on one payload: large enough that file transfer is not slowed by headers, small enough to hold a few. */
export const FRAME_BYTES_MAX = 1024 * 1024

/** Payload of `job`. */
export interface JobMessage {
  /** CID of the program as it was before metering: the key of its compiled module, and part of the random seed. */
  program: string
  args: readonly string[]
  env: readonly string[]
  /** Bound on the program's memory, in WebAssembly pages of 64 KiB. */
  pagesMax: number
  diskBytesMax: number
  /** Bound on standard output, standard error and output files together. */
  outputBytesMax: number
  /** Bound on its fuel. With it, the program that is sent is a metered one. */
  fuelMax?: number
}

/** Payload of `file`, both ways. */
export interface FileMessage {
  path: string
  sizeBytes: number
}

/** Payload of `program`, `stdin`, `meter` and `metered`. */
export interface SizeMessage {
  sizeBytes: number
}

/** Payload of `progress`. */
export interface ProgressMessage {
  /** Used up to now. */
  fuel: number
}

/** Payload of `done`. */
export type DoneMessage =
  | { exitCode: number; runMs: number; cpuMs: number; memoryBytes: number; fuel?: number | undefined }
  | { failure: { code: string; message: string; facts: Record<string, unknown> } }
