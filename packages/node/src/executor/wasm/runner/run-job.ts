import { ABORT_EXIT_CODE } from '../wasi/calls/process.ts'
import type { TreeFile } from '../wasi/fs/directory-trees.ts'
import { ProgramExit, ProgramFault } from '../wasi/stop.ts'
import { createWasiHost, type WasiHost } from '../wasi/wasi-host.ts'
import type { OutputMeter } from './output-meter.ts'
import type { ReceivedJob } from './receive.ts'

// Before anybody takes it away; the module of that name opens the standard streams.
const { process } = globalThis

export interface JobOutcome {
  exitCode: number
  /** Time from instantiation to the end of `_start`, whole milliseconds. */
  runMs: number
  /** Processor time of this process meanwhile, whole milliseconds. */
  cpuMs: number
  /** Peak of the program's memory. */
  memoryBytes: number
  /** What its files took in the end. */
  diskBytes: number
  /** Sorted by path. */
  files: TreeFile[]
}

/**
 * Runs a program once, in a memory and file system of its own.
 *
 * Its exit code is a result, and so is a trap: {@link ABORT_EXIT_CODE} and a line on standard error. Throws ProgramFault
 * where a quota ran out, and RangeError where the machine's stack did.
 */
export function runJob(
  module: WebAssembly.Module,
  { message: job, stdin, files }: ReceivedJob,
  output: OutputMeter
): JobOutcome {
  const host = createWasiHost({
    args: job.args,
    env: job.env,
    stdin,
    files,
    diskBytesMax: job.diskBytesMax,
    seed: JSON.stringify(['archipel random 1', job.program, job.args, job.env]),
    write: output.write
  })
  const startedMs = performance.now()
  const startedUsage = process.cpuUsage()
  const exitCode = execute(module, host, output)
  const runMs = Math.round(performance.now() - startedMs)
  const { user, system } = process.cpuUsage(startedUsage)
  const cpuMs = Math.round((user + system) / 1000)
  const outputFiles = host.outputFiles()
  for (const file of outputFiles) output.count(file.bytes.length)
  return { exitCode, runMs, cpuMs, memoryBytes: host.memoryBytes(), diskBytes: host.diskBytes(), files: outputFiles }
}

function execute(module: WebAssembly.Module, host: WasiHost, output: OutputMeter): number {
  try {
    const { exports } = new WebAssembly.Instance(module, host.imports)
    if (exports.memory !== undefined) host.attach(exports.memory as WebAssembly.Memory)
    const start = exports._start as () => void
    start()
    return 0
  } catch (err) {
    if (err instanceof ProgramExit) return err.exitCode
    if (err instanceof WebAssembly.RuntimeError) {
      output.note('stderr', `trap: ${err.message}\n`)
      return ABORT_EXIT_CODE
    }
    if (err instanceof WebAssembly.Exception) {
      output.note('stderr', 'trap: an exception that nothing caught\n')
      return ABORT_EXIT_CODE
    }
    // Host calls return numbers; a program that imports one as returning an i64 fails in the engine.
    if (err instanceof TypeError) {
      throw new ProgramFault('E_BAD_PROGRAM', 'the program imports a function under a wrong type', {
        reason: err.message
      })
    }
    throw err
  }
}
