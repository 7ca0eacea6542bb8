import { CodedError, isCodedError } from '@archipel/protocol'
import type { CID } from 'multiformats/cid'
import type { BlockFetcher, BlockSource } from './fetcher.ts'

/** Several peers as one source: a failed one is not asked again, one that lacks a block only for that block. */
export interface Sources {
  /** Rejects with E_BLOCK_CORRUPT, E_BLOCK_MISSING or E_BLOCK_FETCH_FAILED when nobody is left, or the signal's reason. */
  fetch(cid: CID): Promise<Uint8Array>
}

export function createSources(fetcher: BlockFetcher, from: readonly BlockSource[], signal: AbortSignal): Sources {
  const failures = new Map<BlockSource, CodedError>()

  return {
    async fetch(cid) {
      let lacking = 0
      for (const source of from) {
        if (failures.has(source)) continue
        try {
          const block = await fetcher.fetch(source, cid, { signal })
          if (block !== undefined) return block
          lacking++
        } catch (err) {
          signal.throwIfAborted()
          if (!isCodedError(err)) throw err
          failures.set(source, err)
        }
      }
      throw nobodyLeft(cid, from.length, lacking, [...failures.values()])
    }
  }
}

function nobodyLeft(cid: CID, asked: number, lacking: number, failures: readonly CodedError[]): CodedError {
  const facts = { cid: cid.toString(), asked, lacking, failures: failures.map(({ code }) => code) }
  const corrupt = failures.find(({ code }) => code === 'E_BLOCK_CORRUPT')
  if (corrupt !== undefined && lacking === 0) {
    return new CodedError('E_BLOCK_CORRUPT', 'the only peers with this block send other bytes', {
      facts,
      cause: corrupt
    })
  }
  if (lacking > 0) return new CodedError('E_BLOCK_MISSING', 'no peer that can be reached has this block', { facts })
  return new CodedError('E_BLOCK_FETCH_FAILED', 'no peer handed over this block', { facts, cause: failures.at(-1) })
}
