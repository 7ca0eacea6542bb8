import { isCodedError } from '@archipel/protocol'

const RETRY_MS_MIN = 500
const RETRY_MS_MAX = 30_000

/**
 * Does `work` again for as long as the disk does not take what it changes: a result that took an hour must not be lost to a
 * disk that was full for a minute. Ends with what else `work` ends with, or with its last error once `signal` is aborted.
 */
export async function persist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let pauseMs = RETRY_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, RETRY_MS_MAX)) {
    try {
      return await work()
    } catch (err) {
      if (!isCodedError(err) || (err.code !== 'E_STORE' && err.code !== 'E_STORE_BUSY')) throw err
      await sleep(pauseMs, signal)
      if (signal.aborted) throw err
    }
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(done, ms)
    timer.unref()
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    if (signal.aborted) done()
    else signal.addEventListener('abort', done, { once: true })
  })
}
