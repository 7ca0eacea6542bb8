import { decodeContentCid, type KeptBlockStore } from '@archipel/client'
import type { AgreementId, Result, UnixSec } from '@archipel/protocol'
import { RESULTS_KEPT_MAX } from './limits.ts'

/** Delivered results that their buyers may still come for: nothing of them goes. */
export interface Results {
  keep(id: AgreementId, result: Result, stderr: Uint8Array, untilSec: UnixSec): Promise<void>
}

export interface ResultsInit {
  blocks: KeptBlockStore
  /** Default {@link RESULTS_KEPT_MAX}: with one more, the oldest is kept no longer. */
  keptMax?: number
}

export function createResults({ blocks, keptMax = RESULTS_KEPT_MAX }: ResultsInit): Results {
  const kept = new Set<AgreementId>()

  return {
    async keep(id, { stdout, output }, stderr, untilSec) {
      kept.add(id)
      for (const oldest of kept) {
        if (kept.size <= keptMax) break
        kept.delete(oldest)
        blocks.unpin(ownerOf(oldest))
      }
      for (const cid of [stdout, output, stderr]) {
        if (cid.length > 0) await blocks.pin(decodeContentCid(cid), ownerOf(id), untilSec * 1000)
      }
    }
  }
}

/** Another owner than the agreement's own: its program and input are let go of when it ends. */
const ownerOf = (id: AgreementId) => `result ${id}`
