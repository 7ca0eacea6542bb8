import { createStore, type Op, type Store } from '@archipel/client'
import { CodedError } from '@archipel/protocol'

/** A store in memory whose disk a test breaks and repairs. A commit that fails takes all behind it along, as the real one. */
export interface BreakableStore extends Store {
  isBroken: boolean
}

export async function createBreakableStore(): Promise<BreakableStore> {
  const inner = await createStore({ memory: true })
  const listeners: (() => void)[] = []
  let waiting: Promise<unknown> = Promise.resolve()

  async function attempt(store: BreakableStore, ops: readonly Op[]): Promise<void> {
    if (!store.isBroken) return inner.commit(ops)
    for (const listener of listeners) listener()
    throw new CodedError('E_STORE', 'the disk did not take a change')
  }

  const store: BreakableStore = {
    isBroken: false,
    isFull: false,
    table: inner.table,
    close: inner.close,
    onFailure: listener => void listeners.push(listener),
    commit(ops) {
      const attempted = waiting.then(() => attempt(store, ops))
      waiting = attempted.catch(() => {})
      return attempted
    }
  }
  return store
}
