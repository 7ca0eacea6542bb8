/**
 * Records in memory, some of them ahead of the disk while their commits are under way. What the disk refuses is taken back,
 * so that nothing is ever built on, told to anybody or signed that a restart would not find.
 */
export interface HeldRecords<Id extends string, Value> {
  readonly size: number
  get(id: Id): Value | undefined
  has(id: Id): boolean
  values(): IterableIterator<Value>
  /** A value as the disk has it. */
  load(id: Id, value: Value): void
  /** A change whose commit is about to be made. */
  set(id: Id, value: Value): void
  /** The commit of `value` succeeded. */
  stored(id: Id, value: Value): void
  /** False while the newest value is not known to be on disk. */
  isStored(id: Id): boolean
  /** Lets go of a record that is stored; one that is not stays, and the answer is false. */
  forget(id: Id): boolean
  /** The disk refused a commit, and every one behind it: back to what it has. @returns what the changed records are now */
  revert(): readonly (readonly [id: Id, value: Value | undefined])[]
}

export function createHeldRecords<Id extends string, Value>(): HeldRecords<Id, Value> {
  const now = new Map<Id, Value>()
  /** What the disk has of those that are ahead of it. */
  const onDisk = new Map<Id, Value | undefined>()

  return {
    get size() {
      return now.size
    },
    get: id => now.get(id),
    has: id => now.has(id),
    values: () => now.values(),
    load: (id, value) => void now.set(id, value),
    set(id, value) {
      if (!onDisk.has(id)) onDisk.set(id, now.get(id))
      now.set(id, value)
    },
    stored(id, value) {
      if (!onDisk.has(id)) return
      if (now.get(id) === value) onDisk.delete(id)
      else onDisk.set(id, value)
    },
    isStored: id => !onDisk.has(id),
    forget(id) {
      if (onDisk.has(id)) return false
      now.delete(id)
      return true
    },
    revert() {
      const changed = [...onDisk]
      for (const [id, value] of changed) {
        if (value === undefined) now.delete(id)
        else now.set(id, value)
      }
      onDisk.clear()
      return changed
    }
  }
}
