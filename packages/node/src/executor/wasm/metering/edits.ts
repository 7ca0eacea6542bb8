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

/** Edits in order of their place; at one place, in order of arrival. */
export interface EditList {
  readonly length: number
  add(offset: number, kind: number, argument?: number): void
  offset(i: number): number
  kind(i: number): number
  argument(i: number): number
  clear(): void
}

const FIELDS = 3

export function createEditList(): EditList {
  let items = new Int32Array(FIELDS * 1024)
  let count = 0

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
      let at = FIELDS * count
      // Nearly always it belongs at the end.
      while (at > 0 && items[at - FIELDS]! > offset) at -= FIELDS
      items.copyWithin(at + FIELDS, at, FIELDS * count)
      items[at] = offset
      items[at + 1] = kind
      items[at + 2] = argument
      count++
    },
    offset: i => items[FIELDS * i]!,
    kind: i => items[FIELDS * i + 1]!,
    argument: i => items[FIELDS * i + 2]!,
    clear: () => {
      count = 0
    }
  }
}
