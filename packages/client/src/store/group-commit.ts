import { CodedError } from '@archipel/protocol'
import type { Backend, BackendOp } from './backend.ts'

/** Changes in one synced write. More would only make everybody in it wait longer for the same flush. */
export const GROUP_OPS_MAX = 4_096

/** Commits that may wait. A disk that is this far behind will not catch up by our piling up more. */
export const COMMITS_WAITING_MAX = 65_536

/**
 * Joins the commits that arrive while the disk is flushing into the next flush. A flush costs the same for one change
 * as for a hundred, so commits per second grow with the number of callers while each waits for at most two flushes.
 */
export interface GroupCommit {
  /**
   * Resolves when the changes are on disk, all or none; commits reach the disk in the order of the calls. Without
   * changes it is a barrier: it resolves once every commit before it is decided. Commits that wait behind a flush that
   * fails, fail with it: they may rest on what it did not store.
   */
  commit(ops: readonly BackendOp[]): Promise<void>
  /** True while the next commit would be refused with E_STORE_BUSY. */
  readonly isFull: boolean
  /** Refuses new commits and resolves when the waiting ones are decided. */
  close(): Promise<void>
}

interface Waiting {
  ops: readonly BackendOp[]
  resolve(): void
  reject(err: CodedError): void
}

/** @param onFailure called when commits fail, before any of them is told */
export function createGroupCommit(backend: Pick<Backend, 'batch'>, onFailure: () => void = () => {}): GroupCommit {
  let waiting: Waiting[] = []
  let running: Promise<void> | undefined
  let closed = false

  function takeGroup(): Waiting[] {
    let ops = 0
    let count = 0
    while (count < waiting.length && (count === 0 || ops + waiting[count]!.ops.length <= GROUP_OPS_MAX)) {
      ops += waiting[count]!.ops.length
      count++
    }
    const group = waiting.slice(0, count)
    waiting = waiting.slice(count)
    return group
  }

  async function run(): Promise<void> {
    // One turn later, so that callers woken by the same event share the first flush too.
    await Promise.resolve()
    while (waiting.length > 0) {
      const group = takeGroup()
      try {
        const ops = group.flatMap(each => each.ops)
        if (ops.length > 0) await backend.batch(ops, { sync: true })
        for (const { resolve } of group) resolve()
      } catch (cause) {
        const err = writeError(cause)
        const behind = waiting
        waiting = []
        onFailure()
        for (const { reject } of [...group, ...behind]) reject(err)
      }
    }
    running = undefined
  }

  return {
    get isFull() {
      return waiting.length >= COMMITS_WAITING_MAX
    },
    commit(ops) {
      if (closed) return Promise.reject(new CodedError('E_STORE_CLOSED', 'the store is closed'))
      if (waiting.length >= COMMITS_WAITING_MAX) {
        return Promise.reject(
          new CodedError('E_STORE_BUSY', 'too many commits wait for the disk', { facts: { waiting: waiting.length } })
        )
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.push({ ops, resolve, reject })
      running ??= run()
      return promise
    },
    async close() {
      closed = true
      await running
    }
  }
}

function writeError(cause: unknown): CodedError {
  return new CodedError('E_STORE', 'the disk did not take a change', {
    facts: { reason: cause instanceof Error ? cause.message.slice(0, 300) : String(cause) },
    hint: 'check that the disk is not full or read-only; nothing of this change counts',
    cause
  })
}
