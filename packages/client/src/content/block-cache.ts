import type { CID } from 'multiformats/cid'
import { blockKey, digestKey } from './cid.ts'

/** Recently used blocks, the least recently used going first when there is no room. */
export interface BlockCache {
  get(cid: CID): Uint8Array | undefined
  /** Keeps small blocks only: {@link CACHED_SHARE}. */
  add(cid: CID, bytes: Uint8Array): void
  /** Of the block with this hash. */
  delete(digest: Uint8Array): void
}

/** What a block costs beside its bytes. Without it, millions of one-byte blocks would count as nothing. */
export const BLOCK_OVERHEAD_BYTES = 256

/**
 * A block larger than this share of the room is not kept. Opening a file costs more than reading a small block from it;
 * for a large one it is the other way round, and keeping it means to copy it and to drive out a hundred small ones.
 */
const CACHED_SHARE = 1 / 256

export function createBlockCache(bytesMax: number): BlockCache {
  const blocks = new Map<string, Uint8Array>()
  let heldBytes = 0

  function drop(key: string): void {
    const held = blocks.get(key)
    if (held === undefined) return
    heldBytes -= held.byteLength + BLOCK_OVERHEAD_BYTES
    blocks.delete(key)
  }

  return {
    get(cid) {
      const key = blockKey(cid)
      const bytes = blocks.get(key)
      if (bytes === undefined) return undefined
      // A Map keeps the order of insertion: taken out and put back, the block is the youngest again.
      blocks.delete(key)
      blocks.set(key, bytes)
      return bytes
    },
    add(cid, bytes) {
      if (bytes.byteLength > bytesMax * CACHED_SHARE) return
      const key = blockKey(cid)
      drop(key)
      // A block that is a view of something larger is copied, or it would keep the whole of it alive.
      blocks.set(key, bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes))
      heldBytes += bytes.byteLength + BLOCK_OVERHEAD_BYTES
      for (const oldest of blocks.keys()) {
        if (heldBytes <= bytesMax) break
        drop(oldest)
      }
    },
    delete: digest => drop(digestKey(digest))
  }
}
