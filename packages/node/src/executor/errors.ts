import { CodedError } from '@archipel/protocol'

/** Who is to blame that a job has no result: the program, this machine, or what the buyer asked for. */
export type ExecutionFault = 'program' | 'host' | 'buyer'

const FAULTS = {
  /** Used up its fuel; `facts.fuel` says how much that was. */
  E_FUEL: 'program',
  /** Ran longer than agreed; the process was killed. The host's fault where fuel was agreed too. */
  E_WALL_TIME: 'program',
  /** Used more processor time than agreed; the process was killed. The host's fault where fuel was agreed too. */
  E_CPU_TIME: 'program',
  /** Starts with more memory than agreed, or filled the process around it, which is the host's fault with fuel. */
  E_MEMORY: 'program',
  /** Nested calls deeper than this machine's stack, which is the host's fault with fuel. */
  E_STACK: 'program',
  /** Standard output, standard error and output files together are too large. */
  E_OUTPUT_LIMIT: 'program',
  /** Input and what the program wrote are too large, or too many files. */
  E_DISK_LIMIT: 'program',
  /** Too large, or not what this executor runs: no WASI preview 1 command, no container image. */
  E_BAD_PROGRAM: 'program',
  /** An input file whose path is refused, or comes twice. */
  E_BAD_INPUT: 'buyer',
  /** Limits or arguments that this executor does not take. */
  E_BAD_JOB: 'buyer',
  /** The caller's signal ended the job, or the executor stopped. */
  E_CANCELLED: 'buyer',
  /** More jobs are waiting than the queue holds. */
  E_BUSY: 'host',
  /** The process or engine that runs programs ended, would not start, or broke its protocol. */
  E_RUNNER_DIED: 'host',
  /** This machine could not give the memory that was agreed. */
  E_HOST_MEMORY: 'host',
  /** The job needs a graphics processor and there is none. */
  E_NO_GPU: 'host',
  /** An image that was named could not be had. */
  E_IMAGE_UNAVAILABLE: 'host',
  /** The executor has not been started, or has been stopped. */
  E_NOT_STARTED: 'host'
} as const satisfies Record<string, ExecutionFault>

/** Why a job ended without a result. Nothing here says anything about the program's answer. */
export type ExecutionErrorCode = keyof typeof FAULTS

/** A job that ended without a result; its facts hold `fault`, an {@link ExecutionFault}. */
export function createExecutionError(
  code: ExecutionErrorCode,
  message: string,
  options: { facts?: Record<string, unknown>; hint?: string; cause?: unknown } = {}
): CodedError<ExecutionErrorCode> {
  return new CodedError(code, message, { ...options, facts: { fault: FAULTS[code], ...options.facts } })
}

export function isExecutionErrorCode(code: unknown): code is ExecutionErrorCode {
  return typeof code === 'string' && Object.hasOwn(FAULTS, code)
}
