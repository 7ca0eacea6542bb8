import type { CodedError } from '@archipel/protocol'
import { codedError } from './errors/coded.ts'
import { EXIT } from './errors/exit-codes.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface Interrupts {
  /** Aborted by the first signal and by `--timeout`; its reason is a coded error. */
  readonly signal: AbortSignal
  startTimeout(timeoutMs: number): void
}

/**
 * The first signal asks the command to finish: it stops what it does, says how its money stands and ends. A second one
 * ends the process at once.
 */
export function watchInterrupts(): Interrupts {
  const controller = new AbortController()
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT.interrupted)
      controller.abort(codedError('E_CANCELLED', `stopped by ${name}`, { facts: { signal: name } }))
    })
  }
  return {
    signal: controller.signal,
    startTimeout(timeoutMs) {
      const timer = setTimeout(() => {
        controller.abort(
          codedError('E_TIMEOUT', `not done after ${timeoutMs / 1000} s`, {
            hint: 'allow more with --timeout',
            facts: { timeoutMs }
          })
        )
      }, timeoutMs)
      timer.unref()
    }
  }
}

/**
 * The error to report after a command failed: what stopped it when it was told to stop and says no more than that.
 * Others keep what they say, such as how the money stands, but end with the code of what stopped them.
 */
export function interruptionOf(err: unknown, signal: AbortSignal): { err: unknown; exitCode?: number } {
  if (!signal.aborted) return { err }
  const reason = signal.reason as CodedError
  const exitCode =
    reason.code === 'E_TIMEOUT' ? EXIT.timeout : reason.facts.signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted
  const { name, code } = err as { name?: unknown; code?: unknown }
  if (err === reason || name === 'AbortError' || name === 'TimeoutError' || code === 'ABORT_ERR') {
    return { err: reason, exitCode }
  }
  return code === 'E_CANCELLED' || code === 'E_ABORTED' ? { err, exitCode } : { err }
}
