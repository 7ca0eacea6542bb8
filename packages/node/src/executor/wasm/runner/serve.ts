import { meterModule } from '../metering/meter-module.ts'
import { ProgramFault } from '../wasi/stop.ts'
import { createWasiHost, WASI_MODULE } from '../wasi/wasi-host.ts'
import { compileProgram } from './compile.ts'
import type { FrameChannel } from './frame-channel.ts'
import { createModuleCache } from './module-cache.ts'
import { createOutputMeter } from './output-meter.ts'
import { type ReceivedJob, receiveProgram, receiveTask } from './receive.ts'
import { runJob } from './run-job.ts'
import {
  type DoneMessage,
  type FileMessage,
  FRAME,
  type JobMessage,
  type ProgressMessage,
  type SizeMessage
} from './wire.ts'

/** Between two reports of progress: nobody looks more often. */
const PROGRESS_MS = 50

/** Serves one job, or meters one program; returns how many bytes its program took that are garbage now, as far as is known. */
export type ServeJob = () => number

/** What a runner process does over and over. Throws EndOfInput when it shall end. */
export function createJobServer(channel: FrameChannel): ServeJob {
  const modules = createModuleCache()
  const hostCalls = nameHostCalls()

  /** The program asked for, compiled here before or now; undefined when the job is called off. */
  function takeModule({ program, pagesMax, fuelMax }: JobMessage): WebAssembly.Module | undefined {
    const key = `${pagesMax} ${fuelMax !== undefined} ${program}`
    const known = modules.get(key)
    if (known !== undefined) return known
    channel.write(FRAME.needProgram)
    const bytes = receiveProgram(channel)
    if (bytes === undefined) return undefined
    const module = compileProgram(bytes, pagesMax, hostCalls)
    modules.set(key, module, bytes.length)
    return module
  }

  function send(type: number, message: FileMessage | SizeMessage | ProgressMessage | DoneMessage): void {
    channel.write(type, Buffer.from(JSON.stringify(message)))
  }

  function serveProgram(program: Uint8Array): number {
    try {
      const metered = meterModule(program)
      send(FRAME.metered, { sizeBytes: metered.length })
      channel.write(FRAME.data, metered)
    } catch (err) {
      send(FRAME.done, { failure: describeFailure(err, true) })
    }
    return Number.POSITIVE_INFINITY
  }

  let reportedMs = 0
  function reportProgress(fuel: number): void {
    const nowMs = performance.now()
    if (nowMs - reportedMs < PROGRESS_MS) return
    reportedMs = nowMs
    send(FRAME.progress, { fuel })
  }

  function serveJob(job: ReceivedJob): number {
    const output = createOutputMeter(job.message.outputBytesMax, (stream, bytes) => channel.write(FRAME[stream], bytes))
    try {
      const module = takeModule(job.message)
      if (module === undefined) return 0
      channel.write(FRAME.started)
      const { diskBytes, files, ...outcome } = runJob(module, job, output, reportProgress)
      output.flush()
      for (const { path, bytes } of files) {
        send(FRAME.file, { path, sizeBytes: bytes.length })
        if (bytes.length > 0) channel.write(FRAME.data, bytes)
      }
      send(FRAME.done, outcome)
      return outcome.memoryBytes + diskBytes
    } catch (err) {
      const failure = describeFailure(err, job.message.fuelMax !== undefined)
      output.flush()
      send(FRAME.done, { failure })
      return Number.POSITIVE_INFINITY
    }
  }

  return () => {
    const task = receiveTask(channel)
    if (task === undefined) return 0
    return 'program' in task ? serveProgram(task.program) : serveJob(task)
  }
}

/** What failed, where it is no fault of this process; a fault of ours is thrown on and ends it. */
function describeFailure(
  err: unknown,
  isMetered: boolean
): { code: string; message: string; facts: Record<string, unknown> } {
  if (err instanceof ProgramFault) return { code: err.code, message: err.message, facts: err.facts }
  if (!(err instanceof RangeError)) throw err
  if (/call stack/.test(err.message)) {
    const facts = isMetered ? { fault: 'host' } : {}
    return { code: 'E_STACK', message: 'the program nested its calls too deep for this machine', facts }
  }
  return { code: 'E_HOST_MEMORY', message: 'this machine is short of memory', facts: { reason: err.message } }
}

function nameHostCalls(): ReadonlySet<string> {
  const idle = createWasiHost({ args: [], env: [], files: [], diskBytesMax: 0, seed: '', write: () => {} })
  return new Set(Object.keys(idle.imports[WASI_MODULE] as object))
}
