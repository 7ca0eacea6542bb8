import { CodedError } from '@archipel/protocol'
import type { CID } from 'multiformats/cid'
import type { BlockStore } from '../../content/block-store.ts'
import { BLOCK_BYTES_MAX, blockKey, DAG_PB_CODE, RAW_CODE, validateContentCid } from '../../content/cid.ts'
import { type ContentLink, linksOf } from '../../content/node.ts'
import type { BlockFetcher, BlockSource } from './fetcher.ts'
import { FETCH_WINDOW_BLOCKS, FETCH_WINDOW_BYTES, RESERVED_BYTES_MIN } from './limits.ts'
import { createSources, type SourceReport, type Sources } from './sources.ts'

/** What one DAG may amount to, counting each block once. */
export interface DagLimits {
  /** Blocks, present ones included. */
  blocks: number
  /** Bytes fetched, and bytes the root says lie below it. */
  bytes: number
  /** Links from the root down to any block. */
  depth: number
}

/** A hundred times the largest input tried; callers that know better pass less. */
export const DAG_LIMITS: DagLimits = { blocks: 200_000, bytes: 4 * 1024 ** 3, depth: 96 }

export interface FetchProgress {
  /** Blocks and bytes fetched so far. */
  blocks: number
  bytes: number
  /** Blocks that were here already. */
  present: number
  /** Blocks known to belong to the DAG so far. */
  known: number
}

export interface FetchDagInit {
  fetcher: BlockFetcher
  root: CID
  /** Asked all at once, each for what it will probably hand over first. */
  from: readonly BlockSource[]
  /** More peers to ask, once they are known. What it rejects with changes nothing. */
  found?: Promise<readonly BlockSource[]> | undefined
  blockstore: BlockStore
  limits?: Partial<DagLimits>
  signal?: AbortSignal | undefined
  /** Called after each block. */
  onProgress?: (progress: FetchProgress) => void
}

export interface FetchReport extends FetchProgress {
  /** What each source did, and why one was asked no more. */
  sources: SourceReport[]
}

interface Item extends ContentLink {
  depth: number
}

/**
 * Brings everything below a CID into a blockstore, level by level, from all sources at once, each block checked against
 * its CID before it is stored. What is there already is not fetched, so a fetch that was cut short goes on where it was. Rejects with
 * E_BLOCK_MISSING, E_BLOCK_CORRUPT, E_BLOCK_FETCH_FAILED (no source is left for a block), E_DAG_TOO_LARGE,
 * E_CONTENT_INVALID, E_CID_INVALID, E_BLOCKSTORE, E_BLOCKSTORE_FULL, or the signal's reason.
 */
export async function fetchDag(init: FetchDagInit): Promise<FetchReport> {
  const { blockstore, root } = init
  const limits: DagLimits = { ...DAG_LIMITS, ...init.limits }
  const controller = new AbortController()
  const sources = createSources(init.fetcher, init.from, controller.signal)
  const progress: FetchProgress = { blocks: 0, bytes: 0, present: 0, known: 0 }
  const seen = new Set<string>()
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  let queue: Item[] = []
  let queueHead = 0
  let running = 0
  let reservedBytes = 0

  function enqueue(link: ContentLink, depth: number): void {
    const key = String.fromCharCode(link.cid.code) + blockKey(link.cid)
    if (seen.has(key)) return
    if (depth > limits.depth) throw tooLarge(root, 'too deep', { depthMax: limits.depth })
    if (seen.size >= limits.blocks) throw tooLarge(root, 'too many blocks', { blocksMax: limits.blocks })
    seen.add(key)
    progress.known++
    queue.push({ ...link, depth })
  }

  function addBytes(byteLength: number): void {
    progress.bytes += byteLength
    if (progress.bytes > limits.bytes) throw tooLarge(root, 'too many bytes', { bytesMax: limits.bytes })
  }

  async function take(item: Item): Promise<void> {
    const present = item.cid.code === RAW_CODE ? await blockstore.has(item.cid) : await blockstore.get(item.cid)
    let block: Uint8Array | undefined
    if (present === false || present === undefined) {
      block = await fetchOne(item, sources)
      addBytes(block.byteLength)
      await blockstore.put(item.cid, block)
      progress.blocks++
    } else {
      if (present !== true) block = present
      progress.present++
    }
    if (item.cid.code === DAG_PB_CODE && block !== undefined) {
      const links = linksOf(item.cid, block)
      if (item.depth === 0) checkClaim(root, links, block.byteLength, limits.bytes)
      for (const link of rotated(links)) enqueue(link, item.depth + 1)
    }
    init.onProgress?.({ ...progress })
  }

  function fail(err: unknown): void {
    reject(err)
    controller.abort(err)
  }

  function pump(): void {
    while (!controller.signal.aborted && queueHead < queue.length && running < FETCH_WINDOW_BLOCKS) {
      const item = queue[queueHead]!
      const bytes = reservationOf(item)
      if (running > 0 && reservedBytes + bytes > FETCH_WINDOW_BYTES) break
      queueHead++
      if (queueHead > 1_024 && queueHead * 2 > queue.length) {
        queue = queue.slice(queueHead)
        queueHead = 0
      }
      running++
      reservedBytes += bytes
      take(item)
        .catch(fail)
        .finally(() => {
          running--
          reservedBytes -= bytes
          pump()
        })
    }
    if (running === 0 && queueHead === queue.length) resolve()
  }

  const onAbort = () => fail(init.signal?.reason)
  init.signal?.throwIfAborted()
  init.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    validateContentCid(root)
    if (init.found !== undefined) sources.expect(init.found)
    enqueue({ cid: root, claimedBytes: undefined }, 0)
    pump()
    await done
    return { ...progress, sources: sources.reports() }
  } finally {
    sources.stop()
    init.signal?.removeEventListener('abort', onAbort)
  }
}

/**
 * From a place of chance on, and around: peers that fetch the same at the same time then have different parts of it, and
 * can give them to each other.
 */
function rotated(links: readonly ContentLink[]): ContentLink[] {
  const at = Math.floor(Math.random() * links.length)
  return [...links.slice(at), ...links.slice(0, at)]
}

async function fetchOne({ cid, claimedBytes }: Item, sources: Sources): Promise<Uint8Array> {
  const block = await sources.fetch(cid, reservationOf({ cid, claimedBytes }))
  if (cid.code === RAW_CODE && block.byteLength > reservationOf({ cid, claimedBytes })) {
    throw new CodedError('E_CONTENT_INVALID', 'this content contradicts the rules', {
      facts: { cid: cid.toString(), reason: 'a block is larger than its parent says' }
    })
  }
  return block
}

function reservationOf({ cid, claimedBytes }: ContentLink): number {
  if (cid.code === DAG_PB_CODE) return RESERVED_BYTES_MIN
  return Math.max(RESERVED_BYTES_MIN, Math.min(claimedBytes ?? BLOCK_BYTES_MAX, BLOCK_BYTES_MAX))
}

/** A DAG that admits to be too large is refused before its blocks are fetched. */
function checkClaim(root: CID, links: readonly ContentLink[], blockBytes: number, bytesMax: number): void {
  const claimedBytes = links.reduce((sum, link) => sum + (link.claimedBytes ?? 0), blockBytes)
  if (claimedBytes > bytesMax) throw tooLarge(root, 'too many bytes', { claimedBytes, bytesMax })
}

function tooLarge(root: CID, reason: string, facts: Record<string, unknown>): CodedError {
  return new CodedError('E_DAG_TOO_LARGE', 'this content is larger than agreed', {
    facts: { root: root.toString(), reason, ...facts }
  })
}
