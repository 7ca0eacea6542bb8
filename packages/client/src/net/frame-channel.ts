import { CodedError } from '@archipel/protocol'
import type { Stream } from '@libp2p/interface'
import { createFrameReader } from './frame-reader.ts'
import { createFrameWriter } from './frame-writer.ts'
import { CLOSE_TIMEOUT_MS, INBOUND_BYTES_MAX, OUTBOUND_BYTES_MAX, STALL_TIMEOUT_MS } from './limits.ts'
import { timeoutSignal, unref, type WaitOptions, waitFor } from './wait.ts'

/** Length-prefixed frames over a libp2p stream, bounded both ways. */
export interface FrameChannel {
  /** Set once the channel is over for a reason other than a clean end. */
  readonly error: CodedError | undefined
  /** Resolves when no more frames move in either direction. Never rejects. */
  readonly closed: Promise<void>
  /**
   * Resolves once the frame is accepted for sending: below the outbound bound at once, above it when the peer has
   * taken enough. Frames leave in the order of the calls. `parts` are joined into one frame without being copied
   * and must not be changed afterwards. Rejects with the channel's error, E_STREAM_CLOSED, E_STREAM_QUEUE_FULL, or
   * the signal's reason (the frame was then not sent).
   */
  send(parts: Uint8Array | readonly Uint8Array[], options?: WaitOptions): Promise<void>
  /**
   * The next frame; undefined after the peer closed its side between frames. The bytes may be a view of a larger
   * buffer. Rejects with the channel's error or the signal's reason (no frame is lost). One call at a time.
   */
  receive(options?: WaitOptions): Promise<Uint8Array | undefined>
  /** Sends what was accepted, then closes our side. The peer has CLOSE_TIMEOUT_MS to close its own. Never rejects. */
  close(options?: WaitOptions): Promise<void>
  /** Drops everything and resets the stream. The first reason stays. */
  abort(reason: CodedError): void
}

export interface FrameChannelOptions {
  /** Largest frame accepted, bytes. */
  frameBytesMax: number
  /** Largest frame sent, bytes. Default: the same. */
  outboundFrameBytesMax?: number
  /** Bytes received and not yet taken before the peer is told to wait. Default {@link INBOUND_BYTES_MAX}. */
  inboundBytesMax?: number
  /** Bytes accepted and not yet handed to the stream before `send` waits. Default {@link OUTBOUND_BYTES_MAX}. */
  outboundBytesMax?: number
  /** Reset the stream when nothing moved either way for this long. Default: never. */
  idleTimeoutMs?: number
  /**
   * Reset the stream when a frame we wait for takes longer than this from its first byte, or the peer takes none of
   * our bytes for this long. Default {@link STALL_TIMEOUT_MS}.
   */
  stallTimeoutMs?: number
}

/** Takes over `stream`: nobody else may read from it or write to it. */
export function createFrameChannel(stream: Stream, options: FrameChannelOptions): FrameChannel {
  const inboundBytesMax = options.inboundBytesMax ?? INBOUND_BYTES_MAX
  const stallTimeoutMs = options.stallTimeoutMs ?? STALL_TIMEOUT_MS
  const idleTimeoutMs = options.idleTimeoutMs ?? Number.POSITIVE_INFINITY
  const reader = createFrameReader(options.frameBytesMax)
  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<void>()
  const state: {
    error: CodedError | undefined
    /** The peer said that it sends no more. A lost connection looks like an end too, but was never announced. */
    peerClosed: boolean
    /** No more bytes will come, for whatever reason. */
    readEnded: boolean
    readFailure: CodedError | undefined
    closing: boolean
    over: boolean
    resuming: boolean
    wake: (() => void) | undefined
    lastReadMs: number
    /** Since when frames have been taken without waiting. */
    turnSinceMs: number
    /** When a reader began to wait for the rest of a started frame. */
    frameSinceMs: number | undefined
  } = {
    error: undefined,
    peerClosed: stream.status === 'open' && stream.remoteWriteStatus === 'closed',
    readEnded: false,
    readFailure: undefined,
    closing: false,
    over: false,
    resuming: false,
    wake: undefined,
    lastReadMs: performance.now(),
    turnSinceMs: performance.now(),
    frameSinceMs: undefined
  }
  const writer = createFrameWriter(stream, {
    frameBytesMax: options.outboundFrameBytesMax ?? options.frameBytesMax,
    outboundBytesMax: options.outboundBytesMax ?? OUTBOUND_BYTES_MAX,
    onFailure: cause => fail(streamError('the stream refused our bytes', cause))
  })

  const onMessage = (event: { data: Uint8Array | { [Symbol.iterator](): Iterator<Uint8Array> } }): void => {
    state.lastReadMs = performance.now()
    if (event.data instanceof Uint8Array) reader.push(event.data)
    else for (const piece of event.data) reader.push(piece)
    pauseIfFull()
    wake()
  }
  const onPeerClosed = (): void => {
    state.peerClosed = true
  }
  const onEnd = (): void => endReading(undefined)
  const onClose = (event: { error?: Error }): void => {
    // Frames that arrived whole before the connection died are still true: they are read first, then the failure.
    if (event.error === undefined && stream.readStatus === 'paused') resume()
    else endReading(event.error)
    finishIfDone()
  }
  const onDrain = (): void => writer.drain()

  function endReading(cause: Error | undefined): void {
    if (cause !== undefined || !state.peerClosed) {
      state.readFailure ??= streamError('the stream was lost before the peer closed it', cause)
    }
    state.readEnded = true
    wake()
    finishIfDone()
  }

  function wake(): void {
    const waiting = state.wake
    state.wake = undefined
    waiting?.()
  }

  function fail(err: CodedError): void {
    state.error ??= err
    reader.clear()
    if (state.over) return
    writer.stop(state.error)
    try {
      stream.abort(state.error)
    } catch {
      // The stream is gone already; our own state is what counts.
    }
    wake()
    finish()
  }

  function finishIfDone(): void {
    if (state.readEnded && (stream.status !== 'open' || stream.writeStatus === 'closed')) finish()
  }

  function finish(): void {
    if (state.over) return
    state.over = true
    clearInterval(watch)
    writer.stop(state.error ?? state.readFailure ?? closedError())
    stream.removeEventListener('message', onMessage)
    stream.removeEventListener('remoteCloseWrite', onPeerClosed)
    stream.removeEventListener('end', onEnd)
    stream.removeEventListener('close', onClose)
    stream.removeEventListener('drain', onDrain)
    resolveClosed()
  }

  /** A reader that waits for the rest of a frame must get it, however large: only a busy reader holds the peer back. */
  function pauseIfFull(): void {
    if (state.resuming || state.wake !== undefined || reader.bufferedBytes <= inboundBytesMax) return
    try {
      if (stream.readStatus === 'readable') stream.pause()
    } catch {
      // Closed in between: the close event tells.
    }
  }

  function resume(): void {
    if (stream.readStatus !== 'paused') return
    // libp2p hands out its whole buffer inside this call and then opens the window again: a pause from within would be
    // undone, with both sides believing something else. So whether to pause is decided after it.
    state.resuming = true
    try {
      stream.resume()
    } catch {
      // Closed in between: the close event tells.
    }
    state.resuming = false
    pauseIfFull()
  }

  function takeFrame(): Uint8Array | undefined {
    const frame = reader.next()
    if (frame !== undefined) state.frameSinceMs = undefined
    if (reader.bufferedBytes <= inboundBytesMax / 2) resume()
    return frame
  }

  /** Lets everybody else have the event loop for a moment. */
  async function yieldTurn(): Promise<void> {
    await new Promise<void>(resolve => nextTurn(resolve))
    state.turnSinceMs = performance.now()
  }

  /** One coarse timer per channel instead of one per message. */
  function checkClock(): void {
    const nowMs = performance.now()
    const readPaused = stream.readStatus === 'paused'
    const lastMs = Math.max(state.lastReadMs, writer.lastWriteMs)
    if (writer.blockedSinceMs !== undefined && nowMs - writer.blockedSinceMs > stallTimeoutMs) {
      fail(new CodedError('E_STREAM_STALLED', 'the peer takes no bytes', { facts: { stallTimeoutMs } }))
    } else if (state.frameSinceMs !== undefined && nowMs - state.frameSinceMs > stallTimeoutMs) {
      fail(new CodedError('E_STREAM_STALLED', 'the peer left a frame unfinished', { facts: { stallTimeoutMs } }))
    } else if (!readPaused && reader.atBoundary && nowMs - lastMs > idleTimeoutMs) {
      fail(new CodedError('E_STREAM_IDLE', 'nothing moved on the stream', { facts: { idleTimeoutMs } }))
    }
  }

  const watch = unref(setInterval(checkClock, Math.max(10, Math.min(stallTimeoutMs, idleTimeoutMs) / 4)))
  stream.addEventListener('remoteCloseWrite', onPeerClosed)
  stream.addEventListener('end', onEnd)
  stream.addEventListener('close', onClose)
  stream.addEventListener('drain', onDrain)
  stream.addEventListener('message', onMessage)
  // What happened before we listened is not told again. Bytes that came with the end of a stream during its negotiation
  // are handed out in a microtask that the line above has queued; the end follows them.
  if (stream.readableEnded || stream.status !== 'open') queueMicrotask(() => endReading(undefined))

  return {
    get error() {
      return state.error ?? state.readFailure
    },
    closed,
    send(parts, { signal } = {}) {
      if (state.error !== undefined) return Promise.reject(state.error)
      if (state.closing) return Promise.reject(closedError())
      return writer.write(parts, signal)
    },
    async receive({ signal } = {}) {
      signal?.throwIfAborted()
      for (;;) {
        if (state.error !== undefined) throw state.error
        try {
          const frame = takeFrame()
          if (frame !== undefined) {
            if (performance.now() - state.turnSinceMs > TURN_MS_MAX) await yieldTurn()
            return frame
          }
        } catch (err) {
          fail(err as CodedError)
          throw err
        }
        if (state.readFailure !== undefined) throw state.readFailure
        if (state.readEnded) {
          if (reader.atBoundary) return undefined
          const err = new CodedError('E_FRAME_TRUNCATED', 'the peer closed in the middle of a frame')
          fail(err)
          throw err
        }
        if (state.wake !== undefined) throw new CodedError('E_ASSERT', 'one receive at a time on a stream')
        // Measured from here and not from the last byte: one byte now and then must not keep a stream for ever.
        if (!reader.atBoundary) state.frameSinceMs ??= performance.now()
        const { promise, resolve } = Promise.withResolvers<void>()
        state.wake = resolve
        resume()
        try {
          await waitFor(promise, signal)
          state.turnSinceMs = performance.now()
        } finally {
          if (state.wake === resolve) state.wake = undefined
        }
      }
    },
    async close({ signal } = {}) {
      if (state.closing || state.over) return
      state.closing = true
      try {
        // As long as the peer takes bytes this may last; when it takes none, the watch resets the stream.
        await waitFor(writer.flushed(), signal)
        await stream.close({ signal: timeoutSignal(CLOSE_TIMEOUT_MS, signal) })
        writer.stop(closedError())
        finishIfDone()
        const timer = unref(setTimeout(() => fail(closedError()), CLOSE_TIMEOUT_MS))
        closed.then(() => clearTimeout(timer))
      } catch (cause) {
        fail(new CodedError('E_STREAM_CLOSED', 'the stream did not close in time and was reset', { cause }))
      }
    },
    abort: fail
  }
}

/**
 * Frames that are here already are taken without a turn of the event loop, for this long: half a megabyte of small
 * messages is a second of work, in which no ping would be answered and all connections would be given up.
 */
const TURN_MS_MAX = 10

/** Browsers lack setImmediate. */
const nextTurn: (callback: () => void) => void =
  typeof setImmediate === 'function' ? callback => setImmediate(callback) : callback => setTimeout(callback, 0)

function closedError(): CodedError {
  return new CodedError('E_STREAM_CLOSED', 'the stream is closed')
}

function streamError(message: string, cause: unknown): CodedError {
  return new CodedError('E_STREAM_RESET', message, { cause })
}
