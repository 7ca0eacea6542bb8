/**
 * Runs strangers' programs. Every back end keeps the same promises: a job sees its own files and nothing of the
 * machine, keeps to its limits, ends when told to, and leaves nothing behind.
 */
export interface Executor {
  /** What offers and demands call this back end: "wasm" or "oci". */
  readonly runtime: string
  /** Layers of confinement really in force, outermost last; known once started. */
  readonly isolation: readonly string[]
  /** Safe to call twice. Throws E_RUNNER_DIED where programs cannot be run on this machine. */
  start(): Promise<void>
  /** Ends every job and process within a few seconds. Safe to call twice. */
  stop(): Promise<void>
  /**
   * Runs a program once.
   *
   * Resolves with a result whenever the program ended by itself, trap and non-zero exit included. Throws a coded error
   * (see errors.ts) whose fact `fault` says whose fault it is that there is no result.
   */
  run(job: ExecutionJob, options: RunOptions): Promise<ExecutionResult>
}

export interface RunOptions {
  /** Ends the job with E_CANCELLED. */
  signal: AbortSignal
  /** Called when the program begins to run: what comes before, compiling it included, is not charged. At most once. */
  onStarted?: () => void
  /** Called now and then with the fuel used up to then, where that is limited; what it throws ends the job. */
  onProgress?: (fuel: number) => void
  /** Called with output while the program runs; what it throws ends the job. */
  onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
}

export interface ExecutionJob {
  /** Whoever gave the program, the buyer's address: no process ever serves two. */
  tenant: string
  program: ExecutionProgram
  /** From the program's name on, as `argv` has them. */
  args: readonly string[]
  /** "NAME=value". The program sees these, those that came with it, and none of the machine's. */
  env: readonly string[]
  /** What the program reads from its standard input; left out, that is empty. Counts as input. */
  stdin?: Uint8Array | undefined
  /** Files of the input directory. Where the program sees them is the back end's to say; `/output` is never there. */
  files: Iterable<InputFile> | AsyncIterable<InputFile>
  limits: ExecutionLimits
}

export interface ExecutionProgram {
  /** Names the bytes: same CID, same program. */
  cid: string
  /** Gives the bytes, which must match the CID. Not called where the program is at hand already. */
  load(options: { signal: AbortSignal }): Promise<Uint8Array>
}

/** The path is relative, with `/` between names and no `.` or `..`. */
export type InputFile =
  | { readonly path: string; readonly bytes: Uint8Array }
  | { readonly path: string; read(): Promise<Uint8Array> }

export interface ExecutionLimits {
  /** From the moment program and input are there to the last byte of output. */
  wallMs: number
  /** The program's memory; growth beyond it fails inside the program. */
  memoryBytes: number
  /** Input and all the program writes. */
  diskBytes: number
  /** Standard output, standard error and output files together. */
  outputBytes: number
  /** Processor time in all. Left out, only `wallMs` bounds it. */
  cpuMs?: number | undefined
  /** Share of the machine's processors at any moment: a thousand is one. Left out, the back end's own. */
  cpuMillis?: number | undefined
  /** Processes and threads of the program at a time. Left out, the back end's own. */
  processes?: number | undefined
  /** Graphics processors that the program needs. Left out, none. */
  gpus?: number | undefined
  /**
   * Instructions, as the back end weighs them: the same count on every machine. With it, whatever depends on the machine
   * instead (time, its memory, its stack) is the host's fault and says nothing of the program. Left out: not counted.
   */
  fuel?: number | undefined
}

export interface ExecutionResult {
  /** 0 to 2^32 - 1. As shells tell it, 128 and its number where a signal ended the program: 134 for a trap. */
  exitCode: number
  stdout: Uint8Array
  /** Not part of what is compared: messages of traps differ between engines. */
  stderr: Uint8Array
  /** What the program left in `/output`, sorted by path; paths are relative to it. */
  files: OutputFile[]
  usage: ExecutionUsage
}

export interface OutputFile {
  path: string
  bytes: Uint8Array
}

export interface ExecutionUsage {
  /** Time the program ran, without loading and compiling it. */
  runMs: number
  /** Processor time it took; undefined where it ended before anybody could look. */
  cpuMs: number | undefined
  /** Peak of its memory, as far as it was seen. */
  memoryBytes: number
  /** Standard output, standard error and output files. */
  outputBytes: number
  /** Where fuel was limited. */
  fuel?: number
}
