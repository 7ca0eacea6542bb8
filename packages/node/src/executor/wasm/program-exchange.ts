import { abortable } from '../abortable.ts'
import { createExecutionError } from '../errors.ts'
import { broken, readFailure, readMessage } from './answer-collector.ts'
import type { RunnerLink } from './job-exchange.ts'
import { METERED_BYTES_MAX, METERING_TIMEOUT_MS } from './limits.ts'
import { type DoneMessage, FRAME, type SizeMessage } from './runner/wire.ts'

/**
 * Has a program metered by a runner process, which is killed where that fails or takes too long.
 *
 * Throws E_BAD_PROGRAM for what is not in the profile, E_RUNNER_DIED, and E_CANCELLED on `signal`.
 */
export async function exchangeProgram(link: RunnerLink, program: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  promise.catch(() => {})
  let metered: Uint8Array | undefined
  let received = 0

  function take(type: number, payload: Buffer): void {
    if (type === FRAME.done) {
      throw readFailure((readMessage(payload) as unknown as Extract<DoneMessage, { failure: unknown }>).failure)
    }
    if (metered === undefined) {
      if (type !== FRAME.metered) throw broken('a frame that does not belong to metering')
      const { sizeBytes } = readMessage(payload) as unknown as SizeMessage
      if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > METERED_BYTES_MAX) {
        throw createExecutionError('E_BAD_PROGRAM', 'the program is too large once it is metered', {
          facts: { sizeBytes, meteredBytesMax: METERED_BYTES_MAX }
        })
      }
      metered = new Uint8Array(sizeBytes)
      return
    }
    if (type !== FRAME.data || payload.length > metered.length - received)
      throw broken('data that belongs to no program')
    metered.set(payload, received)
    received += payload.length
    if (received === metered.length) resolve(metered)
  }

  const onDeath = () => reject(link.died.reason)
  const timer = setTimeout(
    () => reject(createExecutionError('E_RUNNER_DIED', 'metering the program took too long')),
    METERING_TIMEOUT_MS
  )
  link.died.addEventListener('abort', onDeath)
  link.receive((type, payload) => {
    try {
      take(type, payload)
    } catch (err) {
      reject(err)
    }
  })
  try {
    if (link.died.aborted) throw link.died.reason
    link.writer.writeJson(FRAME.meter, { sizeBytes: program.length } satisfies SizeMessage)
    if (program.length > 0) link.writer.write(FRAME.data, program)
    await abortable(Promise.race([link.writer.flush(signal), promise]), signal)
    return await abortable(promise, signal)
  } catch (err) {
    link.kill()
    throw err
  } finally {
    clearTimeout(timer)
    link.died.removeEventListener('abort', onDeath)
    link.receive(undefined)
  }
}
