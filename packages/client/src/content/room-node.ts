import { CodedError } from '@archipel/protocol'
import type { CID } from 'multiformats/cid'
import type { BlockStore, KeptBlockStore } from './block-store.ts'
import { evictBlocks, type StoredBlock, storedBlocks } from './evict-node.ts'
import { type BlockMark, createPins, markContent, markOf } from './pins.ts'

/** Room for blocks: counts what they take, and makes room for more out of what nobody needs. */
export interface Room extends Pick<KeptBlockStore, 'pin' | 'unpin' | 'hold' | 'stats'> {
  /** Before a block is looked for or put: it doesn't go any more, or is gone already. */
  use(cid: CID): Promise<void> | undefined
  /** Before a block is written. Rejects with E_BLOCKSTORE_FULL when everything that is here is needed. */
  take(diskBytes: number): Promise<void> | undefined
  /** Once it is written, or could not be. */
  written(diskBytes: number): void
}

export interface RoomInit {
  directory: string
  bytesMax: number
  get: BlockStore['get']
  /** Told of a block's hash before it goes. */
  onEvict: (digest: Uint8Array) => void
}

/** Eviction goes on until this share of the bound is used, so that the next block doesn't begin it again. */
const LOW_WATER = 0.9

/** A file system's clock may be a tick behind ours. */
const CLOCK_SLACK_MS = 1_000

/** An eviction is under way: what must stay, and what is going. */
interface Eviction {
  readonly marks: Set<BlockMark>
  readonly going: Map<BlockMark, Promise<void>>
}

/** What was written since then stays, and what was used: that need not have been written anew. */
interface Hold {
  readonly sinceMs: number
  readonly marks: Set<BlockMark>
}

export function createRoom({ directory, bytesMax, get, onEvict }: RoomInit): Room {
  const pins = createPins()
  const holds = new Set<Hold>()
  let usedBytes: number | undefined
  /** Taken and not written yet, and what of that a count of the folder may have missed: counted twice, never too little. */
  let unwrittenBytes = 0
  let missedBytes = 0
  let eviction: Eviction | undefined
  let making: Promise<void> = Promise.resolve()
  let evictedBlocks = 0
  let evictedBytes = 0

  async function count(): Promise<void> {
    missedBytes = unwrittenBytes
    let bytes = 0
    for await (const { diskBytes } of storedBlocks(directory)) bytes += diskBytes
    usedBytes = bytes + missedBytes
  }

  /** What was used since then stays. */
  function heldSince(startMs: number): number {
    let sinceMs = startMs
    for (const hold of holds) sinceMs = Math.min(sinceMs, hold.sinceMs)
    return sinceMs - CLOCK_SLACK_MS
  }

  function isHeld(mark: BlockMark): boolean {
    for (const hold of holds) if (hold.marks.has(mark)) return true
    return false
  }

  async function evict(wantedBytes: number): Promise<void> {
    const startMs = Date.now()
    const current: Eviction = { marks: new Set(), going: new Map() }
    eviction = current
    try {
      for (const root of pins.roots(Date.now())) await markContent(root, { get }, current.marks)
      missedBytes = unwrittenBytes
      const { leftBytes } = await evictBlocks({
        directory,
        keepBytes: Math.min(bytesMax * LOW_WATER, bytesMax - missedBytes - wantedBytes),
        isNeeded: ({ mark, usedAtMs }) => usedAtMs >= heldSince(startMs) || current.marks.has(mark) || isHeld(mark),
        onEvict: (block, gone) => goes(current, block, gone)
      })
      usedBytes = leftBytes + missedBytes
    } finally {
      eviction = undefined
    }
  }

  function goes({ going }: Eviction, { digest, mark, diskBytes }: StoredBlock, gone: Promise<void>): void {
    onEvict(digest)
    evictedBlocks++
    evictedBytes += diskBytes
    going.set(mark, gone)
    gone.then(
      () => going.delete(mark),
      () => going.delete(mark)
    )
  }

  async function makeRoom(diskBytes: number): Promise<void> {
    if (usedBytes === undefined) await count()
    if ((usedBytes ?? 0) + diskBytes > bytesMax) await evict(diskBytes)
    if ((usedBytes ?? 0) + diskBytes > bytesMax) throw full(usedBytes)
    add(diskBytes)
  }

  function full(used: number | undefined): CodedError {
    return new CodedError('E_BLOCKSTORE_FULL', 'no room for another block: all that is here is needed', {
      facts: { usedBytes: used ?? 0, bytesMax },
      hint: 'wait for jobs to end, or give the node more disk'
    })
  }

  function add(diskBytes: number): void {
    unwrittenBytes += diskBytes
    missedBytes += diskBytes
    if (usedBytes !== undefined) usedBytes += diskBytes
  }

  return {
    use(cid) {
      if (eviction === undefined && holds.size === 0) return undefined
      const mark = markOf(cid.multihash.digest)
      for (const hold of holds) hold.marks.add(mark)
      eviction?.marks.add(mark)
      return eviction?.going.get(mark)
    },
    take(diskBytes) {
      if (usedBytes !== undefined && usedBytes + diskBytes <= bytesMax) {
        add(diskBytes)
        return undefined
      }
      // One after the other: each then sees what the one before it left.
      const made = making.then(() => makeRoom(diskBytes))
      making = made.catch(() => {})
      return made
    },
    written(diskBytes) {
      unwrittenBytes -= diskBytes
    },
    async pin(root, owner, untilMs = Number.POSITIVE_INFINITY) {
      pins.add(root, owner, untilMs)
      if (eviction === undefined) return
      const { marks, going } = eviction
      await markContent(root, { get }, marks)
      await Promise.allSettled(going.values())
    },
    unpin: owner => pins.remove(owner),
    hold(what) {
      const held: Hold = { sinceMs: what === 'all' ? Number.NEGATIVE_INFINITY : Date.now(), marks: new Set() }
      holds.add(held)
      return () => void holds.delete(held)
    },
    stats: () => ({ usedBytes, bytesMax, evictedBlocks, evictedBytes })
  }
}
