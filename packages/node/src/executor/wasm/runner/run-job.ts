import { STACK_BYTES_MAX } from '../metering/limits.ts'
import { METER_EXPORTS } from '../metering/meter-module.ts'
import { ABORT_EXIT_CODE } from '../wasi/calls/process.ts'
import type { TreeFile } from '../wasi/fs/directory-trees.ts'
import { createFuelTank, type FuelTank } from '../wasi/fuel.ts'
import { ProgramExit, ProgramFault } from '../wasi/stop.ts'
import { createWasiHost, type WasiHost } from '../wasi/wasi-host.ts'
import type { OutputMeter } from './output-meter.ts'
import type { ReceivedJob } from './receive.ts'

// Before anybody takes it away; the module of that name opens the standard streams.
const { process } = globalThis

/** `(module (import "" "" (func)) (export "" (func 0)))` */
const HANDS_ON = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 5, 1, 0, 0, 0, 0, 7, 4, 1, 0, 0, 0]

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
  /** Where it was limited. */
  fuel: number | undefined
  /** Sorted by path. */
  files: TreeFile[]
}

/**
 * Runs a program once, in a memory and file system of its own.
 *
 * Its exit code is a result, and so is a trap: {@link ABORT_EXIT_CODE} and a line on standard error. With fuel, `module` is
 * metered. Throws ProgramFault where a quota ran out, and RangeError where the machine's stack did.
 */
export function runJob(
  module: WebAssembly.Module,
  { message: job, stdin, files }: ReceivedJob,
  output: OutputMeter,
  onProgress: (fuel: number) => void
): JobOutcome {
  const tank = job.fuelMax === undefined ? undefined : createFuelTank(job.fuelMax, onProgress)
  const host = createWasiHost({
    args: job.args,
    env: job.env,
    stdin,
    files,
    diskBytesMax: job.diskBytesMax,
    seed: JSON.stringify(['archipel random 1', job.program, job.args, job.env]),
    write: output.write,
    fuel: tank
  })
  try {
    const startedMs = performance.now()
    const startedUsage = process.cpuUsage()
    const exitCode = execute(module, host, output, tank)
    const runMs = Math.round(performance.now() - startedMs)
    const { user, system } = process.cpuUsage(startedUsage)
    const outputFiles = host.outputFiles()
    for (const file of outputFiles) output.count(file.bytes.length)
    return {
      exitCode,
      runMs,
      cpuMs: Math.round((user + system) / 1000),
      memoryBytes: host.memoryBytes(),
      diskBytes: host.diskBytes(),
      fuel: tank?.used(),
      files: outputFiles
    }
  } catch (err) {
    if (tank === undefined || !(err instanceof ProgramFault)) throw err
    throw new ProgramFault(err.code, err.message, { ...err.facts, fuel: tank.used() })
  }
}

/** Whatever way the program ends, with an empty tank it has no result. */
function execute(module: WebAssembly.Module, host: WasiHost, output: OutputMeter, tank: FuelTank | undefined): number {
  const meter = { stackLeft: () => 0 }
  try {
    const { exports } = new WebAssembly.Instance(module, host.imports)
    if (exports.memory !== undefined) host.attach(exports.memory as WebAssembly.Memory)
    if (tank !== undefined) fill(exports, tank, meter)
    const start = exports._start as () => void
    start()
    return settle(0, tank)
  } catch (err) {
    if (err instanceof ProgramExit) return settle(err.exitCode, tank)
    if (err instanceof WebAssembly.RuntimeError) {
      const exitCode = settle(ABORT_EXIT_CODE, tank)
      output.note('stderr', `trap: ${meter.stackLeft() < 0 ? 'call stack exhausted' : err.message}\n`)
      return exitCode
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

/** Gives a metered program its fuel and stack, and runs what would have run when it was loaded. */
function fill(exports: WebAssembly.Exports, tank: FuelTank, meter: { stackLeft: () => number }): void {
  tank.connect(exports[METER_EXPORTS.fuel] as WebAssembly.Global<'i64'>)
  const stack = exports[METER_EXPORTS.stack] as WebAssembly.Global<'i32'>
  stack.value = STACK_BYTES_MAX
  meter.stackLeft = () => stack.value
  const refill = exports[METER_EXPORTS.refill] as WebAssembly.Table
  refill.set(0, asWasmFunction(tank.refill))
  const start = exports[METER_EXPORTS.start] as (() => void) | undefined
  start?.()
}

/** A table takes functions of WebAssembly only: this one comes out of a module that does nothing but hand it on. */
function asWasmFunction(call: () => void): unknown {
  const module = new WebAssembly.Module(Uint8Array.from(HANDS_ON))
  return new WebAssembly.Instance(module, { '': { '': call } }).exports['']
}

function settle(exitCode: number, tank: FuelTank | undefined): number {
  tank?.refill()
  return exitCode
}
