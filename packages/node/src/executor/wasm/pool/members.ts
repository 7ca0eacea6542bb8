import type { RunnerProcess } from '../runner-process.ts'

/** A runner process in the pool. Once it has a tenant it never gets another. */
export interface Member {
  readonly runner: RunnerProcess
  /** Undefined while it is a spare. */
  tenant: string | undefined
  busy: boolean
  /** Settles once it has seen its first job, which is nobody's; undefined where its first is a tenant's. */
  warmedUp: Promise<unknown> | undefined
  /** When it last became idle, by the monotonic clock. */
  idleSinceMs: number
  /** Ends it when it has been idle for long. */
  idleTimer: NodeJS.Timeout | undefined
}

/** The processes of a pool, those on their way out included. */
export interface Members {
  count(): number
  countOf(tenant: string): number
  spareCount(): number
  /** Those that have ended or been killed and are not gone yet. */
  leavingCount(): number
  /** The one that became idle last: its caches are the warmest. */
  findIdle(tenant: string): Member | undefined
  findSpare(): Member | undefined
  /** The one idle for longest, of the tenants that `isEvictable`. */
  findEvictable(isEvictable: (tenant: string) => boolean): Member | undefined
  add(runner: RunnerProcess): Member
  remove(member: Member): void
  all(): Iterable<Member>
}

export function createMembers(): Members {
  const members = new Set<Member>()
  const idle = () => [...members].filter(m => m.tenant !== undefined && !m.busy && m.runner.isAlive())
  const spares = () => [...members].filter(m => m.tenant === undefined && m.runner.isAlive())

  return {
    count: () => members.size,
    countOf: tenant => [...members].filter(m => m.tenant === tenant && m.runner.isAlive()).length,
    spareCount: () => spares().length,
    leavingCount: () => [...members].filter(m => !m.runner.isAlive()).length,
    findIdle: tenant =>
      idle()
        .filter(m => m.tenant === tenant)
        .sort((a, b) => b.idleSinceMs - a.idleSinceMs)[0],
    findSpare: () => spares()[0],
    findEvictable: isEvictable =>
      idle()
        .filter(m => isEvictable(m.tenant!))
        .sort((a, b) => a.idleSinceMs - b.idleSinceMs)[0],
    add: runner => {
      const member = {
        runner,
        tenant: undefined,
        busy: false,
        warmedUp: undefined,
        idleSinceMs: 0,
        idleTimer: undefined
      }
      members.add(member)
      return member
    },
    remove: member => {
      members.delete(member)
    },
    all: () => members
  }
}
