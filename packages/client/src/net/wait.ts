/** What every waiting call takes. */
export interface WaitOptions {
  signal?: AbortSignal | undefined
}

/** A promise with its handles, for a waiter kept in a queue. */
export interface Deferred<T> {
  promise: Promise<T>
  resolve(value: T): void
  reject(err: unknown): void
}

export function createDeferred<T>(): Deferred<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  return { promise, resolve, reject }
}

/**
 * Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. The loser is left alone:
 * its rejection is caught, so an abandoned wait never becomes an unhandled rejection.
 */
export function waitFor<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise
  promise.catch(() => {})
  if (signal.aborted) return Promise.reject(signal.reason)
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}

/** A signal of its own that follows others for as long as it is needed. */
export interface LinkedSignal {
  readonly signal: AbortSignal
  /** Follows them no longer. */
  unlink(): void
}

/**
 * A signal that aborts with the first of `sources`. What `AbortSignal.any` makes stays in memory for as long as one of its
 * sources lives, with all that listens to it; this leaves nothing behind once unlinked.
 */
export function linkSignals(sources: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController()
  const unlinks: (() => void)[] = []
  for (const source of sources) {
    if (source === undefined) continue
    const onAbort = () => controller.abort(source.reason)
    if (source.aborted) onAbort()
    source.addEventListener('abort', onAbort, { once: true })
    unlinks.push(() => source.removeEventListener('abort', onAbort))
  }
  return {
    signal: controller.signal,
    unlink() {
      for (const unlink of unlinks.splice(0)) unlink()
    }
  }
}

/** A signal that aborts after `timeoutMs` with a TimeoutError, or when `signal` does. */
export function timeoutSignal(timeoutMs: number, signal?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs)
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal])
}

/**
 * Resolves after `delayMs`; rejects with the signal's reason. Whoever awaits it wants it to end, so it keeps the process
 * alive: a command that waits for a transaction may have nothing else open.
 */
export function delay(delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, delayMs)
  return waitFor(promise, signal).finally(() => clearTimeout(timer))
}

/** Lets a process end while this timer is pending. In a browser timers are numbers and nothing is needed. */
export function unref<T>(timer: T): T {
  const maybe = timer as { unref?: () => void }
  if (typeof maybe === 'object' && typeof maybe.unref === 'function') maybe.unref()
  return timer
}
