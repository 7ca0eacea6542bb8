import { CodedError, isCodedError } from '@archipel/protocol'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import { isBlockOf, validateContentCid } from '../../content/cid.ts'
import type { Network } from '../create-network.ts'
import { createFrameChannel, type FrameChannel } from '../frame-channel.ts'
import { blocksProtocol } from '../protocol-ids.ts'
import { type WaitOptions, waitFor } from '../wait.ts'
import { widenWindow } from './window.ts'
import { BLOCK_FRAME_BYTES_MAX, decodeAnswer, encodeWants, WANTS_PER_FRAME_MAX } from './wire.ts'

/** Whom to ask: a known peer, or an open connection whoever dialled it. */
export type BlockSource = PeerId | Connection

/** Fetches single blocks, over one long-lived stream per peer. */
export interface BlockFetcher {
  /**
   * A block, checked against its CID; undefined when the peer says that it doesn't have it. May be a view of a larger
   * buffer: a blockstore copies what it keeps. Rejects with E_BLOCK_CORRUPT (the peer lied, its stream was reset),
   * E_BLOCK_FETCH_FAILED (unreachable, silent, gone, or breaking the rules), E_BLOCK_BUSY, E_CID_INVALID, or the
   * signal's reason.
   */
  fetch(from: BlockSource, cid: CID, options?: WaitOptions): Promise<Uint8Array | undefined>
  /** Resets the streams; later fetches open new ones. */
  stop(): void
}

/** Wants waiting for one peer. More than a window of a few parallel DAG fetches only costs memory. */
export const WANTS_PENDING_MAX = 1_024

/** A peer that answers none of our wants for this long is given up; a stream without wants is closed. */
export const FETCH_IDLE_TIMEOUT_MS = 20_000

interface Want {
  cid: CID
  /** Cleared when nobody waits any more; the answer is then read and dropped. */
  settle: { resolve(block: Uint8Array | undefined): void; reject(err: unknown): void } | undefined
}

interface Line {
  wants: Want[]
  add(cid: CID, signal: AbortSignal | undefined): Promise<Uint8Array | undefined>
  stop(reason: CodedError): void
}

export function createBlockFetcher(network: Pick<Network, 'name' | 'openStream'>): BlockFetcher {
  const lines = new Map<string, Line>()

  function lineTo(source: BlockSource): Line {
    const key = (isConnection(source) ? source.remotePeer : source).toString()
    const known = lines.get(key)
    if (known !== undefined) return known
    const line = createLine(
      () => network.openStream(source, blocksProtocol(network.name)),
      () => {
        if (lines.get(key) === line) lines.delete(key)
      }
    )
    lines.set(key, line)
    return line
  }

  return {
    async fetch(from, cid, { signal } = {}) {
      validateContentCid(cid)
      signal?.throwIfAborted()
      return lineTo(from).add(cid, signal)
    },
    stop() {
      for (const line of [...lines.values()]) line.stop(fetchFailed('fetching was stopped'))
    }
  }
}

/** The wants of one peer and the stream that carries them. It ends with its stream; the next want gets a new one. */
function createLine(open: () => Promise<Stream>, onEnd: () => void): Line {
  const wants: Want[] = []
  let unsent: CID[] = []
  let channel: FrameChannel | undefined
  let ended: CodedError | undefined

  function end(reason: CodedError): void {
    if (ended !== undefined) return
    ended = reason
    onEnd()
    channel?.abort(reason)
    for (const { settle } of wants.splice(0)) settle?.reject(reason)
  }

  async function run(): Promise<void> {
    try {
      const stream = await open()
      widenWindow(stream)
      channel = createFrameChannel(stream, {
        frameBytesMax: BLOCK_FRAME_BYTES_MAX,
        idleTimeoutMs: FETCH_IDLE_TIMEOUT_MS
      })
      if (ended !== undefined) return channel.abort(ended)
      sendWants(channel)
      for (;;) {
        const frame = await channel.receive()
        if (frame === undefined) throw fetchFailed('the peer closed its stream')
        await settleFirst(decodeAnswer(frame))
      }
    } catch (err) {
      end(isCodedError(err) && err.code === 'E_BLOCK_CORRUPT' ? err : fetchFailed('the peer did not deliver', err))
    }
  }

  async function settleFirst(block: Uint8Array | undefined): Promise<void> {
    const want = wants[0]
    if (want === undefined) throw fetchFailed('the peer answers what nobody asked')
    if (block !== undefined && !(await isBlockOf(want.cid, block))) {
      throw new CodedError('E_BLOCK_CORRUPT', 'a peer sent other bytes than the CID names', {
        facts: { cid: want.cid.toString() }
      })
    }
    // Stopped while hashing: everybody was told already.
    if (ended !== undefined) return
    wants.shift()
    want.settle?.resolve(block)
  }

  function sendWants(to: FrameChannel): void {
    while (unsent.length > 0) {
      const frame = encodeWants(unsent.slice(0, WANTS_PER_FRAME_MAX))
      unsent = unsent.slice(WANTS_PER_FRAME_MAX)
      to.send(frame).catch(err => end(fetchFailed('the peer takes no wants', err)))
    }
  }

  function dropIfUnwanted(want: Want, reason: unknown): void {
    want.settle?.reject(reason)
    want.settle = undefined
    // Blocks nobody waits for any more would still fill the link: a reset stops them.
    if (wants.every(({ settle }) => settle === undefined)) end(fetchFailed('nobody waits for these blocks any more'))
  }

  run()

  return {
    wants,
    async add(cid, signal) {
      if (wants.length >= WANTS_PENDING_MAX) {
        throw new CodedError('E_BLOCK_BUSY', 'too many blocks are wanted from one peer', {
          facts: { wantsMax: WANTS_PENDING_MAX }
        })
      }
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>()
      const want: Want = { cid, settle: { resolve, reject } }
      wants.push(want)
      unsent.push(cid)
      // The wants of one turn of the event loop travel in one frame.
      if (unsent.length === 1) queueMicrotask(() => channel !== undefined && ended === undefined && sendWants(channel))
      const onAbort = () => dropIfUnwanted(want, signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        return await waitFor(promise, undefined)
      } finally {
        signal?.removeEventListener('abort', onAbort)
      }
    },
    stop: end
  }
}

function isConnection(source: BlockSource): source is Connection {
  return 'remotePeer' in source
}

function fetchFailed(reason: string, cause?: unknown): CodedError {
  const code = isCodedError(cause) ? cause.code : undefined
  return new CodedError('E_BLOCK_FETCH_FAILED', 'a peer did not hand over a block', {
    facts: { reason, ...(code === undefined ? {} : { code }) },
    cause
  })
}
