import { BACKOFF_FIRST_MS, BACKOFF_MAX_MS, FAILURES_MAX } from './limits.ts'

/** When who failed may be tried again. */
export interface Backoff {
  /** @param waitMsMax less than {@link BACKOFF_MAX_MS} for who is worth more attempts */
  isDue(key: string, waitMsMax?: number): boolean
  hasFailed(key: string): boolean
  failed(key: string): void
  succeeded(key: string): void
  clear(): void
  readonly size: number
}

interface Failure {
  count: number
  failedAtMs: number
  waitMs: number
}

/** @param random a number from 0 up to 1 */
export function createBackoff(random: () => number, nowMs: () => number = () => performance.now()): Backoff {
  const failures = new Map<string, Failure>()
  return {
    isDue(key, waitMsMax = BACKOFF_MAX_MS) {
      const failure = failures.get(key)
      if (failure === undefined) return true
      return nowMs() - failure.failedAtMs >= Math.min(failure.waitMs, waitMsMax * 1.5)
    },
    hasFailed: key => failures.has(key),
    failed(key) {
      const count = (failures.get(key)?.count ?? 0) + 1
      const waitMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (count - 1)) * (0.5 + random())
      failures.delete(key)
      failures.set(key, { count, failedAtMs: nowMs(), waitMs })
      if (failures.size > FAILURES_MAX) failures.delete(failures.keys().next().value as string)
    },
    succeeded: key => void failures.delete(key),
    clear: () => failures.clear(),
    get size() {
      return failures.size
    }
  }
}
