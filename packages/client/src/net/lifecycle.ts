import { CodedError } from '@archipel/protocol'
import { delay, waitFor } from './wait.ts'

export interface Lifecycle {
  start(): Promise<void>
  stop(): Promise<void>
}

export interface LifecycleInit {
  startTimeoutMs: number
  stopTimeoutMs: number
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Makes `start` and `stop` idempotent, callable at any moment in any order, and bounded in time. A part that was
 * stopped stays stopped: start then rejects with E_<NAME>_STOPPED. A stop that hangs is left behind.
 */
export function createLifecycle(name: string, init: LifecycleInit): Lifecycle {
  const label = name.toUpperCase()
  let starting: Promise<void> | undefined
  let stopping: Promise<void> | undefined

  async function run(): Promise<void> {
    try {
      await waitFor(init.start(), AbortSignal.timeout(init.startTimeoutMs))
    } catch (cause) {
      throw new CodedError(`E_${label}_START`, `the ${name} did not start`, {
        facts: { reason: cause instanceof Error ? cause.message.slice(0, 300) : String(cause) },
        hint: 'check that the addresses to listen on exist here and are free',
        cause
      })
    }
  }

  async function halt(): Promise<void> {
    const enough = new AbortController()
    // What start left behind is stopped even when start failed half way.
    await Promise.race([starting?.catch(() => {}), delay(init.stopTimeoutMs, enough.signal).catch(() => {})])
    await Promise.race([init.stop().catch(() => {}), delay(init.stopTimeoutMs, enough.signal).catch(() => {})])
    enough.abort()
  }

  return {
    start() {
      if (stopping !== undefined) return Promise.reject(new CodedError(`E_${label}_STOPPED`, `the ${name} was stopped`))
      starting ??= run()
      return starting
    },
    stop() {
      stopping ??= starting === undefined ? Promise.resolve() : halt()
      return stopping
    }
  }
}
