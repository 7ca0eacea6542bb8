import type { CID } from 'multiformats/cid'
import { blockKey } from './cid.ts'

/** Recently used blocks, the least recently used going first when there is no room. */
export interface BlockCache {
  get(cid: CID): Uint8Array | undefined
  /** A block of more than an eighth of the room is not kept: it would drive out everything else. */
  add(cid: CID, bytes: Uint8Array): void
  delete(cid: CID): void
}

/** What a block costs beside its bytes. Without it, millions of one-byte blocks would count as nothing. */
export const BLOCK_OVERHEAD_BYTES = 256

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
      if (bytes.byteLength > bytesMax / 8) return
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
    delete: cid => drop(blockKey(cid))
  }
}
