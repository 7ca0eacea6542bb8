/** A set from which any item can be picked by chance, at once however many there are. */
export interface Bag<T> {
  readonly size: number
  add(item: T): void
  remove(item: T): void
  /** One of them, each as likely as another; undefined when there is none. */
  any(): T | undefined
}

/** @param random a number from 0 up to 1 */
export function createBag<T>(random: () => number): Bag<T> {
  const items: T[] = []
  const places = new Map<T, number>()
  return {
    get size() {
      return items.length
    },
    add(item) {
      if (places.has(item)) return
      places.set(item, items.length)
      items.push(item)
    },
    remove(item) {
      const place = places.get(item)
      const last = items.pop()
      if (place === undefined || last === undefined) {
        if (last !== undefined) items.push(last)
        return
      }
      places.delete(item)
      if (last === item) return
      // The last one takes the free place, so that there are no gaps.
      items[place] = last
      places.set(last, place)
    },
    any: () => items[Math.floor(random() * items.length)]
  }
}
