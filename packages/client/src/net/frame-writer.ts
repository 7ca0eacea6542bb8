import { CodedError } from '@archipel/protocol'
import type { Stream } from '@libp2p/interface'
import { encodeLengthPrefix } from './frame-reader.ts'
import { SENDS_WAITING_MAX } from './limits.ts'
import { waitFor } from './wait.ts'

/** The sending half of a frame channel: joins the frames of one turn of the event loop, and waits for the peer. */
export interface FrameWriter {
  /** When the peer stopped taking bytes; undefined while it takes them. Monotonic milliseconds. */
  readonly blockedSinceMs: number | undefined
  /** When bytes last went out. Monotonic milliseconds. */
  readonly lastWriteMs: number
  readonly stopped: boolean
  write(parts: Uint8Array | readonly Uint8Array[], signal?: AbortSignal): Promise<void>
  /** The stream can take more. */
  drain(): void
  /** Resolves when every accepted frame has been handed to the stream. */
  flushed(): Promise<void>
  /** Refuses every waiting and later frame with `reason`. */
  stop(reason: CodedError): void
}

export interface FrameWriterInit {
  frameBytesMax: number
  outboundBytesMax: number
  onFailure(cause: unknown): void
}

/**
 * Bytes handed to the stream in one call. Each call costs a yamux header, an encryption and a socket write, so many
 * small frames go together; more than this at once would only sit in the stream's own buffer.
 */
const WRITE_BYTES_MAX = 256 * 1024

interface Waiting {
  pieces: Uint8Array[]
  byteLength: number
  resolve(): void
  reject(err: unknown): void
}

/** Runs after the I/O callbacks of this turn, so that every reply made in them leaves in one write. */
const soon: (run: () => void) => void =
  (globalThis as { setImmediate?: (run: () => void) => void }).setImmediate ?? queueMicrotask

export function createFrameWriter(stream: Stream, init: FrameWriterInit): FrameWriter {
  let pieces: Uint8Array[] = []
  let pendingBytes = 0
  let scheduled = false
  let stopReason: CodedError | undefined
  let blockedSinceMs: number | undefined
  let lastWriteMs = performance.now()
  let idleWaiters: (() => void)[] = []
  const waiting: Waiting[] = []

  function accept(frame: Uint8Array[], byteLength: number): void {
    for (const piece of frame) pieces.push(piece)
    pendingBytes += byteLength
    if (scheduled) return
    scheduled = true
    soon(() => {
      scheduled = false
      flush()
    })
  }

  function flush(): void {
    if (stopReason !== undefined) return
    try {
      while (pieces.length > 0 && !stream.writableNeedsDrain) {
        const chunk = nextChunk()
        lastWriteMs = performance.now()
        blockedSinceMs = undefined
        if (!stream.send(chunk)) break
      }
    } catch (err) {
      init.onFailure(err)
      return
    }
    if (stream.writableNeedsDrain) blockedSinceMs ??= performance.now()
    admitWaiting()
    if (pieces.length === 0 && waiting.length === 0) {
      const idle = idleWaiters
      idleWaiters = []
      for (const resolve of idle) resolve()
    }
  }

  /** Joins small pieces; a large piece goes alone and uncopied. */
  function nextChunk(): Uint8Array {
    let count = 0
    let byteLength = 0
    while (count < pieces.length && (count === 0 || byteLength + pieces[count]!.byteLength <= WRITE_BYTES_MAX)) {
      byteLength += pieces[count]!.byteLength
      count++
    }
    pendingBytes -= byteLength
    const taken = pieces.length === count ? pieces : pieces.slice(0, count)
    pieces = pieces.length === count ? [] : pieces.slice(count)
    if (count === 1) return taken[0]!
    const chunk = new Uint8Array(byteLength)
    let filled = 0
    for (const piece of taken) {
      chunk.set(piece, filled)
      filled += piece.byteLength
    }
    return chunk
  }

  function admitWaiting(): void {
    while (waiting.length > 0 && pendingBytes < init.outboundBytesMax) {
      const next = waiting.shift()!
      accept(next.pieces, next.byteLength)
      next.resolve()
    }
  }

  async function waitForRoom(frame: Uint8Array[], byteLength: number, signal?: AbortSignal): Promise<void> {
    if (waiting.length >= SENDS_WAITING_MAX) {
      throw new CodedError('E_STREAM_QUEUE_FULL', 'too many frames wait for a peer that takes none', {
        facts: { waiting: waiting.length, pendingBytes }
      })
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const entry: Waiting = { pieces: frame, byteLength, resolve, reject }
    waiting.push(entry)
    try {
      await waitFor(promise, signal)
    } catch (err) {
      const at = waiting.indexOf(entry)
      if (at !== -1) waiting.splice(at, 1)
      throw err
    }
  }

  return {
    get blockedSinceMs() {
      return blockedSinceMs
    },
    get lastWriteMs() {
      return lastWriteMs
    },
    get stopped() {
      return stopReason !== undefined
    },
    async write(parts, signal) {
      if (stopReason !== undefined) throw stopReason
      signal?.throwIfAborted()
      const list = parts instanceof Uint8Array ? [parts] : parts
      let frameBytes = 0
      for (const part of list) frameBytes += part.byteLength
      if (frameBytes === 0 || frameBytes > init.frameBytesMax) {
        throw new CodedError('E_FRAME_TOO_LARGE', 'this frame is empty or larger than the protocol allows', {
          facts: { frameBytes, frameBytesMax: init.frameBytesMax }
        })
      }
      const prefix = encodeLengthPrefix(frameBytes)
      const frame = [prefix, ...list]
      const byteLength = prefix.byteLength + frameBytes
      if (waiting.length === 0 && pendingBytes < init.outboundBytesMax) accept(frame, byteLength)
      else await waitForRoom(frame, byteLength, signal)
    },
    drain() {
      // libp2p resumes its own write queue in a microtask of the same event; ours follows it.
      queueMicrotask(() => {
        if (!stream.writableNeedsDrain) blockedSinceMs = undefined
        flush()
      })
    },
    flushed() {
      if (stopReason !== undefined || (pieces.length === 0 && waiting.length === 0)) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      idleWaiters.push(resolve)
      return promise
    },
    stop(reason) {
      if (stopReason !== undefined) return
      stopReason = reason
      pieces = []
      pendingBytes = 0
      blockedSinceMs = undefined
      for (const entry of waiting.splice(0)) entry.reject(reason)
      const idle = idleWaiters
      idleWaiters = []
      for (const resolve of idle) resolve()
    }
  }
}
