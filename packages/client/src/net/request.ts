import { CodedError, isCodedError } from '@archipel/protocol'
import type { Connection, PeerId } from '@libp2p/interface'
import type { Network } from './create-network.ts'
import type { DialTarget } from './dial.ts'
import { MESSAGE_BYTES_MAX } from './limits.ts'
import { createMessageStream, type MessageStream } from './message-stream.ts'
import { timeoutSignal, waitFor } from './wait.ts'

/*
 * One question, one answer, on a stream of their own: for what peers ask each other now and then. It costs two round
 * trips and a write to the peer store; what is asked often keeps a message stream open instead.
 */

/** A question and its answer, from dialling to the last byte. */
export const REQUEST_TIMEOUT_MS = 10_000

export interface RequestOptions {
  /** Largest question, bytes. Default {@link MESSAGE_BYTES_MAX}. */
  requestBytesMax?: number
  /** Largest answer, bytes. Default {@link MESSAGE_BYTES_MAX}. */
  responseBytesMax?: number
  /** Default {@link REQUEST_TIMEOUT_MS}. */
  timeoutMs?: number
  signal?: AbortSignal
}

/**
 * Asks a peer and returns its answer, decoded but not otherwise checked. Rejects with E_REQUEST_TIMEOUT,
 * E_REQUEST_UNANSWERED (the peer closed without an answer, as it does when it is busy), E_DIAL_FAILED,
 * E_PROTOCOL_UNSUPPORTED, what a message stream throws, or the signal's reason.
 */
export async function request(
  network: Pick<Network, 'openStream'>,
  target: DialTarget | Connection,
  protocol: string,
  question: unknown,
  options: RequestOptions = {}
): Promise<unknown> {
  const timeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS
  const signal = timeoutSignal(timeoutMs, options.signal)
  try {
    const stream = await network.openStream(target, protocol, { signal })
    const messages = createMessageStream(stream, {
      messageBytesMax: options.responseBytesMax ?? MESSAGE_BYTES_MAX,
      outboundMessageBytesMax: options.requestBytesMax ?? MESSAGE_BYTES_MAX
    })
    try {
      await messages.send(question, { signal })
      const answer = await messages.next({ signal })
      if (answer === undefined) throw unanswered(protocol)
      // Not waited for: that would be another round trip.
      messages.close()
      return answer
    } catch (err) {
      messages.abort(isCodedError(err) ? err : new CodedError('E_STREAM_CLOSED', 'the request was given up'))
      throw err
    }
  } catch (err) {
    options.signal?.throwIfAborted()
    if (signal.aborted) {
      throw new CodedError('E_REQUEST_TIMEOUT', 'a peer did not answer in time', { facts: { protocol, timeoutMs } })
    }
    // A peer over its limits resets the stream before it has read the question.
    if (isCodedError(err) && err.code === 'E_STREAM_RESET') throw unanswered(protocol, err)
    throw err
  }
}

export interface HandleRequestsOptions extends Omit<RequestOptions, 'signal'> {
  /** Questions of one peer, and of all peers, answered at once; the surplus is reset at once. */
  requestsPerPeerMax: number
  requestsMax: number
}

/** Answers a question. The signal aborts when the time is over. A throw resets the stream and tells the peer nothing. */
export type RequestHandler = (question: unknown, from: { peerId: PeerId; signal: AbortSignal }) => unknown

/** Answers the questions of a protocol; the returned function stops that. */
export function handleRequests(
  network: Pick<Network, 'handle'>,
  protocol: string,
  answer: RequestHandler,
  options: HandleRequestsOptions
): Promise<() => Promise<void>> {
  async function serve(messages: MessageStream, peerId: PeerId): Promise<void> {
    const signal = AbortSignal.timeout(options.timeoutMs ?? REQUEST_TIMEOUT_MS)
    try {
      const question = await messages.next({ signal })
      if (question === undefined) throw unanswered(protocol)
      await messages.send(await waitFor(Promise.resolve(answer(question, { peerId, signal })), signal), { signal })
      await messages.close({ signal })
    } catch (err) {
      messages.abort(isCodedError(err) ? err : new CodedError('E_REQUEST_FAILED', 'a request failed', { cause: err }))
    }
  }

  return network.handle(
    protocol,
    (stream, { peerId }) => {
      const messages = createMessageStream(stream, {
        messageBytesMax: options.requestBytesMax ?? MESSAGE_BYTES_MAX,
        outboundMessageBytesMax: options.responseBytesMax ?? MESSAGE_BYTES_MAX
      })
      return serve(messages, peerId)
    },
    { streamsPerPeerMax: options.requestsPerPeerMax, streamsMax: options.requestsMax }
  )
}

function unanswered(protocol: string, cause?: unknown): CodedError {
  return new CodedError('E_REQUEST_UNANSWERED', 'a peer closed without an answer', { facts: { protocol }, cause })
}
