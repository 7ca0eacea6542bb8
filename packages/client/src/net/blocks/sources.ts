import { CodedError, isCodedError } from '@archipel/protocol'
import type { CID } from 'multiformats/cid'
import type { BlockFetcher, BlockSource } from './fetcher.ts'
import {
  HEDGE_AFTER_MS,
  LACKING_PAUSE_MS,
  LACKING_PAUSE_MS_MAX,
  OUTRUN_MAX,
  SOURCE_WINDOW_BLOCKS,
  SOURCE_WINDOW_BYTES,
  SOURCES_MAX
} from './limits.ts'

/** Why a source is asked no more: it lied, it was outrun again and again, or it cannot be reached. */
export type CutReason = 'corrupt' | 'slow' | 'failed'

/** What one source did for a fetch. */
export interface SourceReport {
  /** Its peer id. */
  readonly peer: string
  readonly blocks: number
  readonly bytes: number
  /** Times it said that it doesn't have a block. */
  readonly lacking: number
  /** Set once it is asked no more. */
  readonly cut: CutReason | undefined
}

/**
 * Several peers as one source. Each want goes to the one that will probably have answered it first; one that lacks a
 * block is passed over for that block, and one that breaks a rule for all that follow. A want that waits long is put to
 * another peer as well.
 */
export interface Sources {
  /**
   * More peers to ask, once they are known: until then no want fails for want of peers. Known ones and those beyond
   * {@link SOURCES_MAX} change nothing, and neither does what `found` rejects with.
   */
  expect(found: Promise<readonly BlockSource[]>): void
  /**
   * `bytes`: how large the block may be. Rejects with E_BLOCK_CORRUPT, E_BLOCK_MISSING or E_BLOCK_FETCH_FAILED when
   * nobody is left, or the signal's reason.
   */
  fetch(cid: CID, bytes: number): Promise<Uint8Array>
  reports(): SourceReport[]
  /** Ends the watch on waiting wants. */
  stop(): void
}

interface Peer {
  readonly source: BlockSource
  readonly name: string
  readonly report: { blocks: number; bytes: number; lacking: number; cut: CutReason | undefined }
  failure: CodedError | undefined
  wants: number
  wantedBytes: number
  /** Bytes a millisecond that it lately delivered; the first guess makes all of them equal. */
  rate: number
  lastAnswerMs: number
  /** Not asked before this time while there are others: it lacked what it was asked for. */
  pausedUntilMs: number
  pauseMs: number
  /** Wants that another peer answered though it was asked later. */
  outrun: number
}

interface Want {
  readonly cid: CID
  readonly bytes: number
  readonly tried: Set<Peer>
  /** Who is asked now, and since when; the last one last. */
  readonly asking: Map<Peer, number>
  lacking: number
  readonly over: AbortController
  resolve(block: Uint8Array): void
  reject(err: unknown): void
}

const FIRST_RATE = 10_000

export function createSources(fetcher: BlockFetcher, from: readonly BlockSource[], signal: AbortSignal): Sources {
  const peers: Peer[] = []
  const open = new Set<Want>()
  /** Wants that found every window full. */
  const waiting: Want[] = []
  let watch: ReturnType<typeof setInterval> | undefined
  let expected = 0

  const usable = () => peers.filter(({ failure }) => failure === undefined)

  function hasRoom(peer: Peer, bytes: number): boolean {
    return peer.wants === 0 || (peer.wants < SOURCE_WINDOW_BLOCKS && peer.wantedBytes + bytes <= SOURCE_WINDOW_BYTES)
  }

  /** The untried peer that will probably answer first; `full` when all of those have enough to do. */
  function choose(want: Want): Peer | 'full' | undefined {
    const nowMs = performance.now()
    const isUntried = (peer: Peer) => !want.tried.has(peer)
    let untried = usable().filter(isUntried)
    // Slow is better than never.
    if (untried.length === 0) untried = peers.filter(peer => peer.report.cut === 'slow' && isUntried(peer))
    const rested = untried.filter(({ pausedUntilMs }) => pausedUntilMs <= nowMs)
    const candidates = rested.length > 0 ? rested : untried
    if (candidates.length === 0) return undefined
    let best: Peer | undefined
    for (const peer of candidates) {
      if (!hasRoom(peer, want.bytes)) continue
      if (best === undefined || waitOf(peer, want.bytes) < waitOf(best, want.bytes)) best = peer
    }
    return best ?? 'full'
  }

  const waitOf = (peer: Peer, bytes: number) => (peer.wantedBytes + bytes) / peer.rate

  function proceed(want: Want): void {
    if (!open.has(want) || want.asking.size > 0) return
    const peer = choose(want)
    if (peer === 'full' || (peer === undefined && expected > 0)) waiting.push(want)
    else if (peer === undefined) settle(want, () => want.reject(nobodyLeft(want)))
    else ask(want, peer)
  }

  function ask(want: Want, peer: Peer): void {
    want.tried.add(peer)
    want.asking.set(peer, performance.now())
    if (peer.wants === 0) peer.lastAnswerMs = performance.now()
    peer.wants++
    peer.wantedBytes += want.bytes
    fetcher
      .fetch(peer.source, want.cid, { signal: want.over.signal })
      .then(
        block => (block === undefined ? lacks(want, peer) : delivers(want, peer, block)),
        err => fails(want, peer, err)
      )
      .finally(() => {
        want.asking.delete(peer)
        peer.wants--
        peer.wantedBytes -= want.bytes
        proceed(want)
        proceedAll()
      })
  }

  function proceedAll(): void {
    for (const want of waiting.splice(0)) proceed(want)
  }

  function delivers(want: Want, peer: Peer, block: Uint8Array): void {
    peer.report.blocks++
    peer.report.bytes += block.byteLength
    const nowMs = performance.now()
    const askedMs = want.asking.get(peer) ?? nowMs
    const sinceMs = Math.max(0.1, nowMs - Math.max(peer.lastAnswerMs, askedMs))
    peer.rate = peer.rate * 0.8 + (Math.max(block.byteLength, 1) / sinceMs) * 0.2
    peer.lastAnswerMs = nowMs
    peer.pauseMs = 0
    peer.outrun = 0
    if (!open.has(want)) return
    for (const [slower, sinceMs] of want.asking) {
      if (sinceMs >= askedMs || slower.failure !== undefined) continue
      slower.outrun++
    }
    settle(want, () => want.resolve(block))
    for (const each of usable()) if (each.outrun >= OUTRUN_MAX) cut(each, 'slow', slowError())
  }

  function lacks(want: Want, peer: Peer): void {
    want.lacking++
    peer.report.lacking++
    peer.lastAnswerMs = performance.now()
    peer.pauseMs = Math.min(LACKING_PAUSE_MS_MAX, Math.max(LACKING_PAUSE_MS, peer.pauseMs * 2))
    peer.pausedUntilMs = performance.now() + peer.pauseMs
  }

  function fails(want: Want, peer: Peer, err: unknown): void {
    // Whoever was outrun is told to stop; that says nothing of it.
    if (want.over.signal.aborted) return
    if (!isCodedError(err)) {
      settle(want, () => want.reject(err))
      return
    }
    cut(peer, err.code === 'E_BLOCK_CORRUPT' ? 'corrupt' : 'failed', err)
  }

  function cut(peer: Peer, reason: CutReason, err: CodedError): void {
    // The last one left is never too slow.
    if (reason === 'slow' && usable().length <= 1) return
    if (peer.failure !== undefined) return
    peer.failure = err
    peer.report.cut = reason
    // What it was asked for is asked of others; should it answer all the same, that counts.
    for (const want of [...open]) {
      if (!want.asking.has(peer) || (reason === 'slow' && choose(want) === undefined)) continue
      want.asking.delete(peer)
      proceed(want)
    }
  }

  function settle(want: Want, tell: () => void): void {
    if (!open.delete(want)) return
    tell()
    want.over.abort(settled)
    if (open.size === 0) stopWatch()
  }

  /** Puts wants that wait for long to another peer as well. */
  function look(): void {
    if (usable().length < 2) return
    const nowMs = performance.now()
    for (const want of open) {
      const [asked] = want.asking
      if (asked === undefined || want.asking.size > 1) continue
      const [peer, askedMs] = asked
      const waitedMs = nowMs - Math.max(askedMs, peer.lastAnswerMs)
      if (waitedMs < HEDGE_AFTER_MS) continue
      const other = choose(want)
      if (other !== undefined && other !== 'full') ask(want, other)
    }
  }

  function stopWatch(): void {
    clearInterval(watch)
    watch = undefined
  }

  function nobodyLeft(want: Want): CodedError {
    const failures = peers.flatMap(({ failure }) => failure ?? [])
    const facts = {
      cid: want.cid.toString(),
      asked: peers.length,
      lacking: want.lacking,
      failures: failures.map(({ code }) => code)
    }
    // Somebody who may have it cannot be reached: that can change, whatever the others lack or make up.
    const unreached = failures.find(({ code }) => code !== 'E_BLOCK_CORRUPT')
    if (unreached !== undefined || failures.length + want.lacking === 0) {
      return new CodedError('E_BLOCK_FETCH_FAILED', 'no peer handed over this block', { facts, cause: unreached })
    }
    if (want.lacking > 0) return new CodedError('E_BLOCK_MISSING', 'no peer has this block', { facts })
    return new CodedError('E_BLOCK_CORRUPT', 'the only peers with this block send other bytes', {
      facts,
      cause: failures.at(-1)
    })
  }

  const onAbort = () => {
    for (const want of [...open]) settle(want, () => want.reject(signal.reason))
    stopWatch()
  }
  signal.addEventListener('abort', onAbort, { once: true })

  function add(source: BlockSource): void {
    const name = nameOf(source)
    if (peers.length >= SOURCES_MAX || peers.some(peer => peer.name === name)) return
    peers.push({
      source,
      name,
      report: { blocks: 0, bytes: 0, lacking: 0, cut: undefined },
      failure: undefined,
      wants: 0,
      wantedBytes: 0,
      rate: Math.max(FIRST_RATE, ...peers.map(({ rate }) => rate)),
      lastAnswerMs: performance.now(),
      pausedUntilMs: 0,
      pauseMs: 0,
      outrun: 0
    })
  }
  for (const source of from) add(source)

  return {
    expect(found) {
      expected++
      found
        .then(sources => sources.forEach(add))
        .catch(() => {})
        .finally(() => {
          expected--
          proceedAll()
        })
    },
    async fetch(cid, bytes) {
      signal.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
      const over = new AbortController()
      const want: Want = { cid, bytes, tried: new Set(), asking: new Map(), lacking: 0, over, resolve, reject }
      open.add(want)
      watch ??= setInterval(look, HEDGE_AFTER_MS / 4)
      proceed(want)
      return promise
    },
    reports: () => peers.map(({ name, report }) => ({ peer: name, ...report })),
    stop() {
      signal.removeEventListener('abort', onAbort)
      stopWatch()
    }
  }
}

const settled = new CodedError('E_CANCELLED', 'another peer handed over the block')

const slowError = () => new CodedError('E_BLOCK_FETCH_FAILED', 'others were faster again and again')

function nameOf(source: BlockSource): string {
  return ('remotePeer' in source ? source.remotePeer : source).toString()
}
