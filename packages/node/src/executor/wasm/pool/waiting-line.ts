import { createExecutionError } from '../../errors.ts'
import type { Member } from './members.ts'

export interface Waiter {
  readonly tenant: string
  /** By the monotonic clock. */
  readonly sinceMs: number
  readonly resolve: (member: Member) => void
}

/** Jobs that wait for a process, first come first served. */
export interface WaitingLine {
  /** Throws E_BUSY where the line, or the tenant's share of it, is full. */
  join(waiter: Waiter): void
  /** No effect where it has left already. */
  leave(waiter: Waiter): void
  has(tenant: string): boolean
  length(): number
  inOrder(): Iterable<Waiter>
}

/** One tenant may fill at most half of the line, so that others still get in. */
const TENANT_SHARE = 0.5

export function createWaitingLine(lengthMax: number): WaitingLine {
  const waiters = new Set<Waiter>()
  const counts = new Map<string, number>()
  const tenantMax = Math.ceil(lengthMax * TENANT_SHARE)

  function leave(waiter: Waiter): void {
    if (!waiters.delete(waiter)) return
    const count = counts.get(waiter.tenant)! - 1
    if (count === 0) counts.delete(waiter.tenant)
    else counts.set(waiter.tenant, count)
  }

  return {
    join: waiter => {
      const count = counts.get(waiter.tenant) ?? 0
      if (waiters.size >= lengthMax || count >= tenantMax) {
        throw createExecutionError('E_BUSY', 'too many jobs are waiting', {
          facts: {
            waiting: waiters.size,
            waitingMax: lengthMax,
            waitingOfTenant: count,
            waitingOfTenantMax: tenantMax
          },
          hint: 'try again later, or elsewhere'
        })
      }
      waiters.add(waiter)
      counts.set(waiter.tenant, count + 1)
    },
    leave,
    has: tenant => counts.has(tenant),
    length: () => waiters.size,
    inOrder: () => waiters
  }
}
