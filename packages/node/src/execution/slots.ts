import { CodedError } from '@archipel/protocol'

/** Places for things that many want to do at once: a few for each tenant, some in all. */
export interface Slots {
  /** Waits for a place, in order of arrival among those who may have one. @throws E_BUSY, or the signal's reason */
  acquire(tenant: string, signal: AbortSignal): Promise<() => void>
}

export interface SlotsInit {
  perTenantMax: number
  max: number
  /** Who may wait, in all; one tenant gets half of it. */
  waitingMax: number
}

interface Waiting {
  readonly tenant: string
  readonly resolve: (release: () => void) => void
}

export function createSlots({ perTenantMax, max, waitingMax }: SlotsInit): Slots {
  const used = new Map<string, number>()
  const queue: Waiting[] = []
  let total = 0

  const isFree = (tenant: string) => total < max && (used.get(tenant) ?? 0) < perTenantMax

  function take(tenant: string): () => void {
    used.set(tenant, (used.get(tenant) ?? 0) + 1)
    total++
    let released = false
    return () => {
      if (released) return
      released = true
      const left = (used.get(tenant) ?? 1) - 1
      if (left > 0) used.set(tenant, left)
      else used.delete(tenant)
      total--
      admit()
    }
  }

  function admit(): void {
    for (let at = queue.findIndex(({ tenant }) => isFree(tenant)); at >= 0; ) {
      const [next] = queue.splice(at, 1) as [Waiting]
      next.resolve(take(next.tenant))
      at = queue.findIndex(({ tenant }) => isFree(tenant))
    }
  }

  return {
    async acquire(tenant, signal) {
      signal.throwIfAborted()
      if (isFree(tenant)) return take(tenant)
      const own = queue.filter(waiting => waiting.tenant === tenant).length
      if (queue.length >= waitingMax || own >= waitingMax / 2) {
        throw new CodedError('E_BUSY', 'this provider has too many jobs waiting', {
          facts: { fault: 'host', waiting: queue.length, own }
        })
      }
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const waiting: Waiting = { tenant, resolve }
      queue.push(waiting)
      const onAbort = () => {
        const at = queue.indexOf(waiting)
        if (at >= 0) queue.splice(at, 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      return promise.finally(() => signal.removeEventListener('abort', onAbort))
    }
  }
}
