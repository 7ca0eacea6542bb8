/** Events in order of time. */
export interface EventHeap {
  readonly size: number
  push(atMs: number, event: number): void
  /** Time and event of the earliest; the heap must not be empty. */
  pop(): readonly [atMs: number, event: number]
}

export function createEventHeap(): EventHeap {
  const times: number[] = []
  const events: number[] = []

  function swap(a: number, b: number): void {
    ;[times[a], times[b]] = [times[b]!, times[a]!]
    ;[events[a], events[b]] = [events[b]!, events[a]!]
  }

  return {
    get size() {
      return times.length
    },
    push(atMs, event) {
      let at = times.push(atMs) - 1
      events.push(event)
      while (at > 0) {
        const parent = (at - 1) >> 1
        if (times[parent]! <= times[at]!) break
        swap(at, parent)
        at = parent
      }
    },
    pop() {
      const first = [times[0]!, events[0]!] as const
      swap(0, times.length - 1)
      times.pop()
      events.pop()
      for (let at = 0; ; ) {
        const left = 2 * at + 1
        if (left >= times.length) break
        const child = left + 1 < times.length && times[left + 1]! < times[left]! ? left + 1 : left
        if (times[at]! <= times[child]!) break
        swap(at, child)
        at = child
      }
      return first
    }
  }
}
