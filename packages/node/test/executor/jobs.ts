import { createHash } from 'node:crypto'
import type { ExecutionJob, ExecutionLimits, Executor, InputFile } from '../../src/executor/index.ts'

export const MIB = 1024 * 1024

export interface JobText {
  program: Uint8Array
  tenant?: string
  args?: string[]
  env?: string[]
  files?: ExecutionJob['files']
  limits?: Partial<ExecutionLimits>
  /** Counts the times the program was asked for. */
  onLoad?: () => void
}

/** A job with limits that no small test program meets, unless some are given. */
export function jobOf({
  program,
  tenant = 'alice',
  args = ['program'],
  env = [],
  files = [],
  limits,
  onLoad
}: JobText): ExecutionJob {
  return {
    tenant,
    program: {
      cid: createHash('sha256').update(program).digest('hex'),
      load: async () => {
        onLoad?.()
        return program
      }
    },
    args,
    env,
    files,
    limits: { wallMs: 10_000, memoryBytes: 16 * MIB, diskBytes: MIB, outputBytes: MIB, ...limits }
  }
}

export const never = new AbortController().signal

export function run(executor: Executor, job: JobText, signal = never) {
  return executor.run(jobOf(job), { signal })
}

export const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

export const textFile = (path: string, content: string): InputFile => ({
  path,
  bytes: new TextEncoder().encode(content)
})

/** Waits until `condition` holds; throws, naming it, after `timeoutMs`. */
export async function until(
  name: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${name}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
