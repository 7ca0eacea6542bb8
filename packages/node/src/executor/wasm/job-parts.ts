import { createExecutionError } from '../errors.ts'
import type { ExecutionJob, InputFile } from '../executor.ts'
import type { FrameWriter } from './frame-writer.ts'
import { METERED_BYTES_MAX, PROGRAM_BYTES_MAX } from './limits.ts'
import { type FileMessage, FRAME, type JobMessage, type SizeMessage } from './runner/wire.ts'
import { INODES_MAX } from './wasi/limits.ts'

const PAGE_BYTES = 65_536
/** Files are put together up to this size before the runner is given time to take them. */
const FLUSH_BYTES = 256 * 1024

/** Sends what a job consists of, up to its input files. Throws E_DISK_LIMIT, what reading throws, and on `signal`. */
export async function sendInput(writer: FrameWriter, job: ExecutionJob, signal: AbortSignal): Promise<void> {
  const message: JobMessage = {
    program: job.program.cid,
    args: job.args,
    env: job.env,
    pagesMax: Math.floor(job.limits.memoryBytes / PAGE_BYTES),
    diskBytesMax: job.limits.diskBytes,
    outputBytesMax: job.limits.outputBytes,
    ...(job.limits.fuel === undefined ? {} : { fuelMax: job.limits.fuel })
  }
  writer.writeJson(FRAME.job, message)
  let total = sendStdin(writer, job)
  if (Array.isArray(job.files) && job.files.length === 0) return
  let files = 0
  let unflushed = 0
  for await (const file of job.files) {
    signal.throwIfAborted()
    const bytes = await readFile(file)
    signal.throwIfAborted()
    total += bytes.length
    if (total > job.limits.diskBytes || ++files > INODES_MAX) throw inputTooLarge(job)
    writer.writeJson(FRAME.file, { path: file.path, sizeBytes: bytes.length } satisfies FileMessage)
    if (bytes.length > 0) writer.write(FRAME.data, bytes)
    unflushed += bytes.length
    if (unflushed < FLUSH_BYTES) continue
    unflushed = 0
    await writer.flush(signal)
    signal.throwIfAborted()
  }
}

/** Gives how many bytes that is. Throws E_DISK_LIMIT. */
function sendStdin(writer: FrameWriter, job: ExecutionJob): number {
  const { stdin } = job
  if (stdin === undefined || stdin.length === 0) return 0
  if (stdin.length > job.limits.diskBytes) throw inputTooLarge(job)
  writer.writeJson(FRAME.stdin, { sizeBytes: stdin.length } satisfies SizeMessage)
  writer.write(FRAME.data, stdin)
  return stdin.length
}

/** Asks for the program. Throws E_BAD_PROGRAM where it is too large, and what loading throws. */
export async function loadProgram(job: ExecutionJob, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = await job.program.load({ signal })
  requireProgramSize(bytes, job.limits.fuel === undefined ? PROGRAM_BYTES_MAX : METERED_BYTES_MAX)
  return bytes
}

/** Throws E_BAD_PROGRAM. */
export function requireProgramSize(bytes: Uint8Array, programBytesMax: number): void {
  if (bytes.length <= programBytesMax) return
  throw createExecutionError('E_BAD_PROGRAM', 'the program is too large', {
    facts: { programBytes: bytes.length, programBytesMax }
  })
}

export function sendProgram(writer: FrameWriter, bytes: Uint8Array): void {
  writer.writeJson(FRAME.program, { sizeBytes: bytes.length } satisfies SizeMessage)
  if (bytes.length > 0) writer.write(FRAME.data, bytes)
}

async function readFile(file: InputFile): Promise<Uint8Array> {
  return 'bytes' in file ? file.bytes : file.read()
}

function inputTooLarge({ limits }: ExecutionJob) {
  return createExecutionError('E_DISK_LIMIT', 'the input does not fit on the disk that was agreed', {
    facts: { fault: 'buyer', diskBytesMax: limits.diskBytes, inodesMax: INODES_MAX },
    hint: 'ask for more disk'
  })
}
