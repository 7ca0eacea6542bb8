import type { CID } from 'multiformats/cid'
import type { BlockStore } from './block-store.ts'
import { blockKey, DAG_PB_CODE } from './cid.ts'
import { linksOf } from './node.ts'

/** What must stay, and for whom: the roots of content that somebody needs, whole or on its way here. */
export interface Pins {
  add(root: CID, owner: string, untilMs: number): void
  /** All pins of an owner. */
  remove(owner: string): void
  /** The roots that somebody needs now; forgets pins that have run out. */
  roots(nowMs: number): CID[]
}

interface Pinned {
  readonly root: CID
  /** Owner → until when. */
  readonly owners: Map<string, number>
}

export function createPins(): Pins {
  const pinned = new Map<string, Pinned>()
  const owned = new Map<string, Set<string>>()

  function drop(key: string, owner: string): void {
    const pin = pinned.get(key)
    pin?.owners.delete(owner)
    if (pin?.owners.size === 0) pinned.delete(key)
    const keys = owned.get(owner)
    keys?.delete(key)
    if (keys?.size === 0) owned.delete(owner)
  }

  return {
    add(root, owner, untilMs) {
      const key = String.fromCharCode(root.code) + blockKey(root)
      const pin = pinned.get(key) ?? { root, owners: new Map() }
      pin.owners.set(owner, Math.max(untilMs, pin.owners.get(owner) ?? 0))
      pinned.set(key, pin)
      const keys = owned.get(owner) ?? new Set()
      owned.set(owner, keys.add(key))
    },
    remove(owner) {
      for (const key of [...(owned.get(owner) ?? [])]) drop(key, owner)
    },
    roots(nowMs) {
      for (const [key, { owners }] of [...pinned]) {
        for (const [owner, untilMs] of [...owners]) if (untilMs <= nowMs) drop(key, owner)
      }
      return [...pinned.values()].map(({ root }) => root)
    }
  }
}

/** The first six bytes of a block's hash: a set of these is small, and two that are alike keep a block too many. */
export type BlockMark = number

export function markOf(digest: Uint8Array): BlockMark {
  let mark = 0
  for (let i = 0; i < 6; i++) mark = mark * 256 + digest[i]!
  return mark
}

/** Marks what is here of the content below `root`; a part that is still to come has nothing below it here. */
export async function markContent(
  root: CID,
  blockstore: Pick<BlockStore, 'get'>,
  marks: Set<BlockMark>
): Promise<void> {
  const seen = new Set<BlockMark>()
  const queue = [root]
  for (let cid = queue.pop(); cid !== undefined; cid = queue.pop()) {
    const mark = markOf(cid.multihash.digest)
    if (seen.has(mark)) continue
    seen.add(mark)
    marks.add(mark)
    if (cid.code !== DAG_PB_CODE) continue
    const block = await blockstore.get(cid)
    if (block === undefined) continue
    for (const link of linksOrNone(cid, block)) queue.push(link.cid)
  }
}

/** Content that contradicts itself was pinned before anybody read it: nothing of it will be used. */
function linksOrNone(cid: CID, block: Uint8Array) {
  try {
    return linksOf(cid, block)
  } catch {
    return []
  }
}
