import type { CodedError } from '@archipel/protocol'
import type { Stream } from '@libp2p/interface'
import { decodeCanonical, encodeCanonical } from './canonical-cbor.ts'
import { createFrameChannel, type FrameChannelOptions } from './frame-channel.ts'
import { MESSAGE_BYTES_MAX } from './limits.ts'
import type { WaitOptions } from './wait.ts'

/**
 * Messages over a libp2p stream: canonical dag-cbor in length-prefixed frames, bounded both ways. What comes in is
 * decoded but not otherwise checked: validate it before use.
 */
export interface MessageStream {
  /** Why the stream is over, unless it ended cleanly. */
  readonly error: CodedError | undefined
  /** Resolves when nothing moves in either direction any more. Never rejects. */
  readonly closed: Promise<void>
  /**
   * Resolves once accepted for sending (at once unless the peer is slow). Messages leave in the order of the calls;
   * those of one turn of the event loop leave together. Rejects with E_MESSAGE_INVALID, E_FRAME_TOO_LARGE,
   * E_STREAM_QUEUE_FULL, E_STREAM_CLOSED, the stream's error, or the signal's reason (then it was not sent).
   */
  send(message: unknown, options?: WaitOptions): Promise<void>
  /**
   * The next message, or undefined after the peer closed its side. A message that breaks the rules resets the stream
   * and rejects with E_FRAME_INVALID, E_FRAME_TOO_LARGE, E_FRAME_TRUNCATED, E_MESSAGE_INVALID or
   * E_MESSAGE_NOT_CANONICAL; other ends are E_STREAM_RESET, E_STREAM_STALLED and E_STREAM_IDLE. One call at a time.
   */
  next(options?: WaitOptions): Promise<unknown>
  /** {@link next} until the peer closes its side; throws what it throws. Leaving the loop early keeps the stream open. */
  receive(options?: WaitOptions): AsyncGenerator<unknown, void, undefined>
  /** Sends what was accepted, then closes our side; receiving goes on until the peer closes its own. Never rejects. */
  close(options?: WaitOptions): Promise<void>
  /** Drops everything and resets the stream. */
  abort(reason: CodedError): void
}

export interface MessageStreamOptions extends Omit<FrameChannelOptions, 'frameBytesMax' | 'outboundFrameBytesMax'> {
  /** Largest message accepted, bytes. Default {@link MESSAGE_BYTES_MAX}. */
  messageBytesMax?: number
  /** Largest message sent, bytes. Default: the same. */
  outboundMessageBytesMax?: number
}

/** Takes over `stream`: nobody else may read from it or write to it. */
export function createMessageStream(stream: Stream, options: MessageStreamOptions = {}): MessageStream {
  const { messageBytesMax = MESSAGE_BYTES_MAX, outboundMessageBytesMax = messageBytesMax, ...rest } = options
  const channel = createFrameChannel(stream, {
    ...rest,
    frameBytesMax: messageBytesMax,
    outboundFrameBytesMax: outboundMessageBytesMax
  })

  async function next(wait?: WaitOptions): Promise<unknown> {
    const frame = await channel.receive(wait)
    if (frame === undefined) return undefined
    try {
      return decodeCanonical(frame)
    } catch (err) {
      channel.abort(err as CodedError)
      throw err
    }
  }

  return {
    get error() {
      return channel.error
    },
    closed: channel.closed,
    async send(message, wait) {
      await channel.send(encodeCanonical(message), wait)
    },
    next,
    async *receive(wait) {
      for (;;) {
        const message = await next(wait)
        if (message === undefined) return
        yield message
      }
    },
    close: channel.close,
    abort: channel.abort
  }
}
