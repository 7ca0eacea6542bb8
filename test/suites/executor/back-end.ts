import type { ExecutionJob, ExecutionLimits, Executor } from 'archipel'

/** What the suite must know about an executor to try all that it promises. */
export interface BackEnd {
  /** A new executor, not started. */
  create(): Executor
  programs: Programs
  /** The least that its ordinary programs need. */
  memoryBytes: number
  /** Ends by force what runs programs now, as a fault of the machine would; resolves when it can be used again. */
  crash(): Promise<void>
  /** What jobs left on this machine, in words. */
  leftovers(): Promise<string[]>
}

/** A program and the arguments that make it do what its name says. */
export type Program = Pick<ExecutionJob, 'program' | 'args'>

/** Small programs that every back end brings in its own form. */
export interface Programs {
  exitWith(code: number): Program
  /** Ends as C's `abort` does. */
  abort(): Program
  print(text: string, stream: 'stdout' | 'stderr'): Program
  /** Copies its standard input to its standard output. */
  copyStdin(): Program
  /** Prints the arguments after its name, each closed by a zero character. */
  printArguments(args: readonly string[]): Program
  /** Prints its variables, each closed by a zero character. */
  printVariables(): Program
  /** Prints files of the input, one after the other. */
  printFiles(paths: readonly string[]): Program
  /** Writes files of the output; folders of theirs exist or are made. */
  writeFiles(files: Readonly<Record<string, string>>): Program
  /** Prints "on", then loops for ever. */
  printAndLoop(): Program
  /** Works for about a second of processor time, then ends. */
  work(): Program
  /** Prints that many bytes. */
  flood(bytes: number, stream: 'stdout' | 'stderr'): Program
  /** Writes an output file of that many bytes. */
  writeOutput(bytes: number): Program
  /** Takes that much memory and uses it, then prints {@link GOT_IT}. */
  takeMemory(bytes: number): Program
  /** Writes that much to its files, then prints {@link GOT_IT}. */
  fillDisk(bytes: number): Program
  /** Has that many processes at once, then prints {@link GOT_IT}. Left out where a program is always one. */
  startProcesses?(count: number): Program
}

/** What a program prints that got more than it was meant to get, and says so. */
export const GOT_IT = 'got it'

export const MIB = 2 ** 20
export const never = new AbortController().signal

export interface JobInit extends Partial<Omit<ExecutionJob, 'limits' | 'args' | 'program'>> {
  limits?: Partial<ExecutionLimits>
}

/** A job with limits that no program of the suite meets, unless some are given. */
export function jobOf(
  { memoryBytes }: Pick<BackEnd, 'memoryBytes'>,
  { program, args }: Program,
  init: JobInit = {}
): ExecutionJob {
  return {
    tenant: 'alice',
    program,
    args,
    env: [],
    files: [],
    ...init,
    limits: { wallMs: 30_000, memoryBytes, diskBytes: 4 * MIB, outputBytes: 4 * MIB, ...init.limits }
  }
}

export const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
export const bytesOf = (content: string) => new TextEncoder().encode(content)

/** A coded error that blames `fault`. */
export const failure = (code: string, fault: string) => ({ code, facts: { fault } })
