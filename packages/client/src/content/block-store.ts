import { CodedError } from '@archipel/protocol'
import type { CID } from 'multiformats/cid'
import { BLOCK_OVERHEAD_BYTES } from './block-cache.ts'
import { blockKey } from './cid.ts'

/** Blocks by CID. Whoever puts a block has checked that it is the one its CID names. */
export interface BlockStore {
  /** undefined when absent. Rejects with E_BLOCKSTORE when the disk fails. */
  get(cid: CID): Promise<Uint8Array | undefined>
  has(cid: CID): Promise<boolean>
  /** Resolves when a later `get` finds it. The bytes must not be changed afterwards. Rejects with E_BLOCKSTORE or E_BLOCKSTORE_FULL. */
  put(cid: CID, bytes: Uint8Array): Promise<void>
  /** Absent is fine. */
  delete(cid: CID): Promise<void>
}

/** Blocks within a bound: what nobody needs goes when room is needed. */
export interface KeptBlockStore extends BlockStore {
  /**
   * From its end until `owner` lets go, or `untilMs` has come, nothing of this content goes that is here or comes here.
   * Pins are in memory: after a restart whoever needs content says so again, before {@link KeptBlockStore.hold} ends.
   */
  pin(root: CID, owner: string, untilMs?: number): Promise<void>
  /** Ends all pins of an owner. */
  unpin(owner: string): void
  /**
   * Until the returned function is called, what is put or used from now on stays: content whose root nobody knows yet.
   * With 'all', everything does.
   */
  hold(what?: 'all'): () => void
  /** `usedBytes` is undefined until the folder has been counted, which the first need of room does. */
  stats(): { usedBytes: number | undefined; bytesMax: number; evictedBlocks: number; evictedBytes: number }
}

/** Blocks a store in memory holds by default, bytes: a browser tab's fair share. */
export const MEMORY_BLOCK_BYTES_MAX = 512 * 1024 * 1024

/** Blocks in memory, for browsers, short-lived clients and tests. Nothing goes by itself, so every pin is kept. */
export function createMemoryBlockStore(bytesMax: number = MEMORY_BLOCK_BYTES_MAX): KeptBlockStore {
  const blocks = new Map<string, Uint8Array>()
  let heldBytes = 0

  return {
    get: async cid => blocks.get(blockKey(cid)),
    has: async cid => blocks.has(blockKey(cid)),
    async put(cid, bytes) {
      const key = blockKey(cid)
      if (blocks.has(key)) return
      const blockBytes = bytes.byteLength + BLOCK_OVERHEAD_BYTES
      if (heldBytes + blockBytes > bytesMax) {
        throw new CodedError('E_BLOCKSTORE_FULL', 'no room for another block in memory', {
          facts: { heldBytes, blockBytes, bytesMax },
          hint: 'use a store on disk, or smaller files'
        })
      }
      // A block that is a view of something larger is copied, or it would keep the whole of it alive.
      blocks.set(key, bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes))
      heldBytes += blockBytes
    },
    async delete(cid) {
      const key = blockKey(cid)
      const held = blocks.get(key)
      if (held === undefined) return
      heldBytes -= held.byteLength + BLOCK_OVERHEAD_BYTES
      blocks.delete(key)
    },
    async pin() {},
    unpin() {},
    hold: () => () => {},
    stats: () => ({ usedBytes: heldBytes, bytesMax, evictedBlocks: 0, evictedBytes: 0 })
  }
}
