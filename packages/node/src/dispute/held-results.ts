import { decodeContentCid, type KeptBlockStore } from '@archipel/client'
import type { AgreementId, Result } from '@archipel/protocol'

/** What was delivered and may have to be shown in court. */
export type Delivered = Pick<Result, 'stdout' | 'output'>

/** Results that a court may ask for: unpaid ones, and those of open cases. Nothing of them goes from the block store. */
export interface HeldResults {
  /** From now on these are held and no others. */
  set(wanted: ReadonlyMap<AgreementId, Delivered>): Promise<void>
}

export function createHeldResults(blocks: Pick<KeptBlockStore, 'pin' | 'unpin'>): HeldResults {
  const held = new Set<AgreementId>()

  return {
    async set(wanted) {
      for (const id of held) {
        if (wanted.has(id)) continue
        held.delete(id)
        blocks.unpin(ownerOf(id))
      }
      for (const [id, { stdout, output }] of wanted) {
        if (held.has(id)) continue
        held.add(id)
        for (const cid of [stdout, output]) await blocks.pin(decodeContentCid(cid), ownerOf(id))
      }
    }
  }
}

/** Another owner than that of the result as its buyer may fetch it, which is let go of sooner. */
const ownerOf = (id: AgreementId) => `court ${id}`
