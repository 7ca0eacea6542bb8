import { createExecutionError } from '../errors.ts'
import type { ExecutionJob } from '../executor.ts'
import { FUEL_MAX, STRING_BYTES_MAX, WALL_MS_MAX } from './limits.ts'

const PAGE_BYTES = 65_536

/** Throws E_BAD_JOB for what cannot be run here whatever the program is. */
export function validateJob(job: ExecutionJob, memoryBytesMax: number): void {
  const { wallMs, memoryBytes, diskBytes, outputBytes, fuel } = job.limits
  requireRange('wallMs', wallMs, 1, WALL_MS_MAX)
  requireRange('memoryBytes', memoryBytes, PAGE_BYTES, memoryBytesMax)
  requireRange('diskBytes', diskBytes, 0, Number.MAX_SAFE_INTEGER)
  requireRange('outputBytes', outputBytes, 0, Number.MAX_SAFE_INTEGER)
  if (fuel !== undefined) requireRange('fuel', fuel, 1, FUEL_MAX)
  requireAtMost('cpuMs', job.limits.cpuMs)
  requireAtMost('processes', job.limits.processes)
  requireAtMost('cpuMillis', job.limits.cpuMillis)
  if ((job.limits.gpus ?? 0) > 0) {
    throw createExecutionError('E_NO_GPU', 'WebAssembly programs have no use of graphics processors', {
      facts: { fault: 'buyer', gpus: job.limits.gpus }
    })
  }
  const strings = [...job.args, ...job.env]
  const stringBytes = strings.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0)
  requireRange('stringBytes', stringBytes, 0, STRING_BYTES_MAX)
  if (strings.some(text => text.includes('\0'))) throw badJob('an argument or variable holds a zero character', {})
  if (job.env.some(text => text.indexOf('=') < 1)) throw badJob('a variable is not NAME=value', {})
}

/** A bound that may be left out; one process of one thread keeps to any but the first. */
function requireAtMost(name: string, value: number | undefined): void {
  if (value !== undefined) requireRange(name, value, 1, Number.MAX_SAFE_INTEGER)
}

function requireRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw badJob(`${name} is out of range`, { [name]: value, min, max })
}

function badJob(message: string, facts: Record<string, unknown>) {
  return createExecutionError('E_BAD_JOB', message, { facts })
}
