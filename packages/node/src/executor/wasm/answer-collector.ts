import type { CodedError } from '@archipel/protocol'
import { createByteCollector } from '../byte-collector.ts'
import { createExecutionError, isExecutionErrorCode } from '../errors.ts'
import type { ExecutionLimits, ExecutionResult, OutputFile, RunOptions } from '../executor.ts'
import { isPlainPath } from '../paths.ts'
import { FRAME } from './runner/wire.ts'
import { INODES_MAX } from './wasi/limits.ts'
import { compareText } from './wasi/text.ts'

/** What a frame from the runner leads to: more of them, the program to be sent, or the end of the job. */
export type AnswerStep = 'more' | 'needProgram' | { result: ExecutionResult } | { failure: CodedError }

/** Takes in the frames with which a runner answers one job. Trusts none of them. */
export interface AnswerCollector {
  /** Throws E_RUNNER_DIED for what no sound runner sends, and whatever the listeners throw. */
  take(type: number, payload: Buffer): AnswerStep
}

/** Room for lines that the runner adds, such as why a program trapped. */
const NOTES_BYTES_MAX = 4096
const UINT32_MAX = 2 ** 32 - 1

export function createAnswerCollector(
  { outputBytes: outputBytesMax, fuel: fuelMax }: Pick<ExecutionLimits, 'outputBytes' | 'fuel'>,
  { onOutput, onStarted, onProgress }: Pick<RunOptions, 'onOutput' | 'onStarted' | 'onProgress'>
): AnswerCollector {
  const streams = { stdout: createByteCollector(), stderr: createByteCollector() }
  const files: OutputFile[] = []
  let outputBytes = 0
  let missing = 0
  let started = false
  let progressed = 0

  function count(bytes: number): void {
    outputBytes += bytes
    if (outputBytes > outputBytesMax + NOTES_BYTES_MAX) throw broken('more output than the job allows')
  }

  function takeStream(stream: 'stdout' | 'stderr', payload: Buffer): AnswerStep {
    count(payload.length)
    streams[stream].add(payload)
    onOutput?.(stream, new Uint8Array(payload))
    return 'more'
  }

  function start(): AnswerStep {
    if (started) throw broken('a program that starts twice')
    started = true
    onStarted?.()
    return 'more'
  }

  function progress(payload: Buffer): AnswerStep {
    const { fuel } = readMessage(payload)
    if (!isCount(fuel) || fuelMax === undefined || fuel > fuelMax || fuel < progressed) {
      throw broken('progress that goes backwards or too far')
    }
    progressed = fuel
    onProgress?.(fuel)
    return 'more'
  }

  function startFile(payload: Buffer): AnswerStep {
    const { path, sizeBytes } = readMessage(payload)
    if (typeof path !== 'string' || !isPlainPath(path)) throw broken('an output path that is not plain')
    if (!isCount(sizeBytes)) throw broken('a file without a size')
    if (files.length > 0 && compareText(files.at(-1)!.path, path) >= 0) throw broken('output files out of order')
    if (files.length >= INODES_MAX) throw broken('too many output files')
    count(sizeBytes)
    files.push({ path, bytes: new Uint8Array(sizeBytes) })
    missing = sizeBytes
    return 'more'
  }

  function continueFile(payload: Buffer): AnswerStep {
    const file = files.at(-1)
    if (file === undefined || payload.length > missing) throw broken('data that belongs to no file')
    file.bytes.set(payload, file.bytes.length - missing)
    missing -= payload.length
    return 'more'
  }

  function finish(payload: Buffer): AnswerStep {
    const message = readMessage(payload)
    if (message.failure !== undefined) return { failure: readFailure(message.failure) }
    const { exitCode, runMs, cpuMs, memoryBytes, fuel } = message
    if (!isCount(exitCode) || exitCode > UINT32_MAX || missing > 0) throw broken('an unreadable result')
    if (!isCount(runMs) || !isCount(cpuMs) || !isCount(memoryBytes)) throw broken('an unreadable usage')
    if (fuelMax === undefined ? fuel !== undefined : !isCount(fuel) || fuel > fuelMax) {
      throw broken('a result with more or less fuel than the job has')
    }
    const stdout = streams.stdout.take()
    const stderr = streams.stderr.take()
    const usage = { runMs, cpuMs, memoryBytes, outputBytes, ...(fuel === undefined ? {} : { fuel: fuel as number }) }
    return { result: { exitCode, stdout, stderr, files, usage } }
  }

  return {
    take: (type, payload) => {
      if (type === FRAME.data) return continueFile(payload)
      if (missing > 0) throw broken('a file cut short')
      if (type === FRAME.stdout) return takeStream('stdout', payload)
      if (type === FRAME.stderr) return takeStream('stderr', payload)
      if (type === FRAME.started) return start()
      if (type === FRAME.progress) return progress(payload)
      if (type === FRAME.needProgram) return 'needProgram'
      if (type === FRAME.file) return startFile(payload)
      if (type === FRAME.done) return finish(payload)
      throw broken('a frame of unknown type')
    }
  }
}

/** What no sound runner sends. */
export function broken(what: string): CodedError {
  return createExecutionError('E_RUNNER_DIED', `the runner process broke its protocol: ${what}`)
}

/** Throws E_RUNNER_DIED for what is no object. */
export function readMessage(payload: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(payload.toString())
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Told below.
  }
  throw broken('an unreadable message')
}

/** The failure of which a runner tells. */
export function readFailure(failure: unknown): CodedError {
  const { code, message, facts } = (failure ?? {}) as Record<string, unknown>
  if (!isExecutionErrorCode(code) || typeof message !== 'string') throw broken('an unreadable failure')
  return createExecutionError(code, message, { facts: typeof facts === 'object' ? { ...facts } : {} })
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
