/** What is put into the code of a function, and where. */
export const EDIT = {
  /** Takes the cost of a region, the argument, from the fuel. */
  charge: 1,
  /** The same, and ends the program where none is left: at the head of a loop. */
  chargeAndCheck: 2,
  /** Makes the NaN on top of the stack the one NaN there is. */
  canonical32: 3,
  canonical64: 4,
  canonicalVector32: 5,
  canonicalVector64: 6,
  /** Gives the stack of a call back, before the function is left. */
  leave: 7,
  /** Takes fuel for the number on top of the stack, shifted by the argument. */
  chargeSize: 8,
  /** Remembers the number on top of the stack, … */
  rememberSize: 9,
  /** … and takes fuel for it, shifted by the argument, unless what is now on top says that growing failed. */
  chargeGrowth: 10
} as const

/** Edits, in order of their place once they are sorted; at one place, in order of arrival. */
export interface EditList {
  readonly length: number
  add(offset: number, kind: number, argument?: number): void
  sort(): void
  offset(i: number): number
  kind(i: number): number
  argument(i: number): number
  clear(): void
}

const FIELDS = 3
/** More than there can be edits in one function. */
const PLACES = 2 ** 24

export function createEditList(): EditList {
  let items = new Int32Array(FIELDS * 1024)
  let count = 0
  let order: Float64Array | undefined
  let isSorted = true

  const at = (i: number) => FIELDS * (order === undefined ? i : order[i]! % PLACES)

  return {
    get length() {
      return count
    },
    add: (offset, kind, argument = 0) => {
      if (FIELDS * (count + 1) > items.length) {
        const larger = new Int32Array(2 * items.length)
        larger.set(items)
        items = larger
      }
      const next = FIELDS * count
      // Nearly always they come in order.
      if (count > 0 && items[next - FIELDS]! > offset) isSorted = false
      items[next] = offset
      items[next + 1] = kind
      items[next + 2] = argument
      count++
    },
    sort: () => {
      if (isSorted) return
      order = new Float64Array(count)
      for (let i = 0; i < count; i++) order[i] = items[FIELDS * i]! * PLACES + i
      order.sort()
    },
    offset: i => items[at(i)]!,
    kind: i => items[at(i) + 1]!,
    argument: i => items[at(i) + 2]!,
    clear: () => {
      count = 0
      order = undefined
      isSorted = true
    }
  }
}
