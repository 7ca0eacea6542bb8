import { createExecutionError } from './errors.ts'
import type { ExecutionJob } from './executor.ts'
import { FUEL_MAX, STRING_BYTES_MAX, WALL_MS_MAX } from './limits.ts'

/** More than one machine has. */
const GPUS_MAX = 64

/** What a back end can give to one job. */
export interface JobBounds {
  memoryBytesMin: number
  memoryBytesMax: number
  /** Left out, a program is one process whatever its limit. */
  processesMax?: number
}

/** Throws E_BAD_JOB for what cannot be run whatever the program is. */
export function validateJob(job: ExecutionJob, { memoryBytesMin, memoryBytesMax, processesMax }: JobBounds): void {
  const { wallMs, memoryBytes, diskBytes, outputBytes, fuel } = job.limits
  requireRange('wallMs', wallMs, 1, WALL_MS_MAX)
  requireRange('memoryBytes', memoryBytes, memoryBytesMin, memoryBytesMax)
  requireRange('diskBytes', diskBytes, 0, Number.MAX_SAFE_INTEGER)
  requireRange('outputBytes', outputBytes, 0, Number.MAX_SAFE_INTEGER)
  if (fuel !== undefined) requireRange('fuel', fuel, 1, FUEL_MAX)
  requireAtMost('cpuMs', job.limits.cpuMs)
  requireAtMost('processes', job.limits.processes, processesMax)
  requireAtMost('cpuMillis', job.limits.cpuMillis)
  requireRange('gpus', job.limits.gpus ?? 0, 0, GPUS_MAX)
  const strings = [...job.args, ...job.env]
  const stringBytes = strings.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0)
  requireRange('stringBytes', stringBytes, 0, STRING_BYTES_MAX)
  if (strings.some(text => text.includes('\0'))) throw badJob('an argument or variable holds a zero character', {})
  if (job.env.some(text => text.indexOf('=') < 1)) throw badJob('a variable is not NAME=value', {})
}

/** A bound that may be left out. */
function requireAtMost(name: string, value: number | undefined, max = Number.MAX_SAFE_INTEGER): void {
  if (value !== undefined) requireRange(name, value, 1, max)
}

function requireRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw badJob(`${name} is out of range`, { [name]: value, min, max })
}

function badJob(message: string, facts: Record<string, unknown>) {
  return createExecutionError('E_BAD_JOB', message, { facts })
}
