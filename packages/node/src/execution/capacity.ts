import { CodedError, type Resources, wholeCores } from '@archipel/protocol'

/** What the machine has to give, shared by all jobs at once. Jobs that do not fit yet wait their turn. */
export interface Capacity {
  /** True when a job of this size could ever run here. */
  fits(need: Resources): boolean
  /** True when one more job may join the queue. */
  hasRoom(): boolean
  /** Waits until there is room, in order of arrival; the returned function gives it back. @throws E_BUSY, or the signal's reason */
  acquire(need: Resources, signal: AbortSignal): Promise<() => void>
  readonly queued: number
}

/** Jobs waiting for room. At a millisecond a job this is a quarter of a second; longer work is refused by its deadline. */
export const QUEUE_MAX = 256

interface Waiting {
  need: Resources
  resolve: (release: () => void) => void
}

/** CPU is shared out in whole cores, see `wholeCores`; the rest exactly. */
export function createCapacity(resources: Resources): Capacity {
  const total = taken(resources)
  let free = total
  const queue: Waiting[] = []

  const within = (need: Resources, room: Resources) =>
    need.cpuMillis <= room.cpuMillis && need.memoryBytes <= room.memoryBytes && need.diskBytes <= room.diskBytes

  function take(need: Resources): () => void {
    free = add(free, need, -1)
    let released = false
    return () => {
      if (released) return
      released = true
      free = add(free, need, 1)
      admit()
    }
  }

  // Strictly in order: a large job is not starved by small ones that slip past it.
  function admit(): void {
    for (let next = queue[0]; next !== undefined && within(next.need, free); next = queue[0]) {
      queue.shift()
      next.resolve(take(next.need))
    }
  }

  return {
    get queued() {
      return queue.length
    },
    fits: need => within(taken(need), total),
    hasRoom: () => queue.length < QUEUE_MAX,
    async acquire(asked, signal) {
      signal.throwIfAborted()
      const need = taken(asked)
      if (queue.length === 0 && within(need, free)) return take(need)
      if (queue.length >= QUEUE_MAX)
        throw new CodedError('E_BUSY', 'this provider has too many jobs waiting', { facts: { queued: queue.length } })
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const waiting: Waiting = { need, resolve }
      queue.push(waiting)
      const onAbort = () => {
        const at = queue.indexOf(waiting)
        if (at >= 0) queue.splice(at, 1)
        reject(signal.reason)
        admit()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      return promise.finally(() => signal.removeEventListener('abort', onAbort))
    }
  }
}

function taken(resources: Resources): Resources {
  return { ...resources, cpuMillis: wholeCores(resources.cpuMillis) }
}

function add(a: Resources, b: Resources, sign: 1 | -1): Resources {
  return {
    cpuMillis: a.cpuMillis + sign * b.cpuMillis,
    memoryBytes: a.memoryBytes + sign * b.memoryBytes,
    diskBytes: a.diskBytes + sign * b.diskBytes
  }
}
