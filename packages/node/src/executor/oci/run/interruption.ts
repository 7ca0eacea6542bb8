import { cancelledBy } from '../../abortable.ts'

/** What ends a job before its program does: the first reason counts. */
export interface Interruption {
  readonly signal: AbortSignal
  /** Rejects with the reason; never resolves. */
  readonly promise: Promise<never>
  interrupt(reason: unknown): void
  /** Listens to its parents no more. */
  close(): void
}

/** Interrupted with E_CANCELLED when one of `parents` aborts. */
export function createInterruption(parents: readonly AbortSignal[]): Interruption {
  const controller = new AbortController()
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})

  function interrupt(reason: unknown): void {
    if (controller.signal.aborted) return
    controller.abort(reason)
    reject(reason)
  }

  const listeners = parents.map(parent => {
    const onAbort = () => interrupt(cancelledBy(parent))
    if (parent.aborted) onAbort()
    parent.addEventListener('abort', onAbort)
    return () => parent.removeEventListener('abort', onAbort)
  })
  return {
    signal: controller.signal,
    promise,
    interrupt,
    close: () => {
      for (const stopListening of listeners) stopListening()
    }
  }
}
