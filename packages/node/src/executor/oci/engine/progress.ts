import type { Readable } from 'node:stream'
import { isCodedError } from '@archipel/protocol'
import { createExecutionError } from '../../errors.ts'
import { PROGRESS_LINE_BYTES_MAX } from '../limits.ts'

interface ProgressLine {
  id?: string
  error?: string
  progressDetail?: { total?: number }
}

/**
 * Reads the lines with which an engine tells of a load or a pull, to the end.
 *
 * @param onBytes told the sum of what the parts are said to have; may throw
 * @throws E_IMAGE_UNAVAILABLE for an error among the lines
 */
export async function readProgress(stream: Readable, onBytes: (bytes: number) => void = () => {}): Promise<void> {
  const totals = new Map<string, number>()
  let rest = ''
  const take = (text: string) => {
    if (text.trim() === '') return
    const { id, error, progressDetail } = JSON.parse(text) as ProgressLine
    if (error !== undefined) throw unavailable(error)
    if (id === undefined || progressDetail?.total === undefined) return
    totals.set(id, progressDetail.total)
    onBytes([...totals.values()].reduce((sum, bytes) => sum + bytes, 0))
  }
  for await (const part of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > PROGRESS_LINE_BYTES_MAX) throw new RangeError('a line of progress is too long')
    for (const line of lines) take(line)
  }
  take(rest)
}

/** What an engine says where its machine is at fault, and not what it was given. */
const OWN_FAULT =
  /no space left|quota exceeded|input\/output error|read-only file system|cannot allocate memory|too many open files|permission denied|context canceled/i

/** An archive that we have read, and that the engine does not take: as E_BAD_PROGRAM unless it names a fault of its own. */
export function unloadable(err: unknown): unknown {
  if (!isCodedError(err) || err.code !== 'E_IMAGE_UNAVAILABLE' || OWN_FAULT.test(String(err.facts.reason))) return err
  return createExecutionError('E_BAD_PROGRAM', 'the container engine does not take the image', {
    facts: { reason: err.facts.reason },
    cause: err
  })
}

export function unavailable(reason: string) {
  return createExecutionError('E_IMAGE_UNAVAILABLE', 'the container engine could not get the image', {
    facts: { reason: reason.slice(0, 500) }
  })
}
