import { type CodedError, isCodedError } from '@archipel/protocol'
import { createExecutionError } from './errors.ts'

/** What `promise` comes to, or E_CANCELLED as soon as `signal` aborts. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(cancelledBy(signal))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}

/** The error of a job whose signal aborted: the reason itself where it is E_CANCELLED. */
export function cancelledBy({ reason }: AbortSignal): CodedError {
  if (isCodedError(reason) && reason.code === 'E_CANCELLED') return reason
  return createExecutionError('E_CANCELLED', 'the job was cancelled', { cause: reason })
}
