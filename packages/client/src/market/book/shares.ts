import type { Address } from '@archipel/protocol'
import { type Bag, createBag } from './bag.ts'

/** What shares are counted of: something of a size, and who answers for it with a bond, where that is known. */
export interface Weighed {
  readonly weight: number
  readonly backer: Address | undefined
}

/**
 * Decides who has to go when a book is full. Keys cost nothing to make, so a rule that went by keys would give the book to
 * whoever makes most of them. An owner's bond is what costs: no owner may hold more than a share of the book while others
 * want in, however many keys it answers for. Among the rest it is by chance: were newcomers refused, or the oldest dropped,
 * somebody could arrange to be last or first.
 */
export interface Shares<T extends Weighed> {
  /** Of all together. */
  readonly weight: number
  add(item: T): void
  remove(item: T): void
  /** Who goes; undefined when nothing is here. */
  pick(): T | undefined
}

interface Share<T> {
  readonly bag: Bag<T>
  weight: number
}

export interface SharesInit {
  /** Most that one backer's items may weigh while others want in. */
  shareMax: number
  /** A number from 0 up to 1. */
  random: () => number
}

export function createShares<T extends Weighed>({ shareMax, random }: SharesInit): Shares<T> {
  const all = createBag<T>(random)
  const shares = new Map<Address, Share<T>>()
  /** Backers above their share. Few: no more than fit into the whole. */
  const over = new Set<Share<T>>()
  let weight = 0

  function change(share: Share<T>, by: number): void {
    share.weight += by
    if (share.weight > shareMax) over.add(share)
    else over.delete(share)
  }

  return {
    get weight() {
      return weight
    },
    add(item) {
      all.add(item)
      weight += item.weight
      if (item.backer === undefined) return
      const share = shares.get(item.backer) ?? { bag: createBag<T>(random), weight: 0 }
      shares.set(item.backer, share)
      share.bag.add(item)
      change(share, item.weight)
    },
    remove(item) {
      all.remove(item)
      weight -= item.weight
      const share = item.backer === undefined ? undefined : shares.get(item.backer)
      if (item.backer === undefined || share === undefined) return
      share.bag.remove(item)
      change(share, -item.weight)
      if (share.bag.size === 0) shares.delete(item.backer)
    },
    pick() {
      let largest: Share<T> | undefined
      for (const share of over) if (largest === undefined || share.weight > largest.weight) largest = share
      return (largest?.bag ?? all).any()
    }
  }
}
