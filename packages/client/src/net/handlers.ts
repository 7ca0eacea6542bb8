import { CodedError, isCodedError } from '@archipel/protocol'
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { CLOSE_TIMEOUT_MS } from './limits.ts'
import { waitFor } from './wait.ts'

/**
 * Serves one stream for as long as its promise lasts: when it returns, our side is closed and the peer has
 * CLOSE_TIMEOUT_MS to close its own; when it throws, the stream is reset. Whoever wraps the stream in messages closes
 * those before returning, or the last of them are cut off.
 */
export type ProtocolHandler = (stream: Stream, from: StreamOrigin) => Promise<void> | void

/** Who opened a stream: noise proved that the connection's other end holds this PeerId's key. */
export interface StreamOrigin {
  peerId: PeerId
  connection: Connection
}

/** One stream more than either bound is reset at once, so that a flood costs its sender and nobody else. */
export interface HandleOptions {
  streamsPerPeerMax: number
  streamsMax: number
}

export interface Handlers {
  handle(protocol: string, handler: ProtocolHandler, options: HandleOptions): Promise<() => Promise<void>>
  openStream(connection: Connection, protocol: string, signal: AbortSignal): Promise<Stream>
  /** Resets every stream that is being served. */
  stop(): void
}

type Host = Pick<Libp2p, 'handle' | 'unhandle'>

export function createHandlers(libp2p: Host): Handlers {
  const served = new Set<Stream>()

  return {
    async handle(protocol, handler, options) {
      const perPeer = new Map<string, number>()
      let total = 0

      async function serve(stream: Stream, connection: Connection): Promise<void> {
        const key = connection.remotePeer.toString()
        const mine = perPeer.get(key) ?? 0
        if (mine >= options.streamsPerPeerMax || total >= options.streamsMax) {
          stream.abort(
            new CodedError('E_STREAM_LIMIT', 'too many streams', { facts: { protocol, ofPeer: mine, ofAll: total } })
          )
          return
        }
        perPeer.set(key, mine + 1)
        total++
        served.add(stream)
        try {
          await handler(stream, { peerId: connection.remotePeer, connection })
          await endOf(stream)
        } catch (err) {
          stream.abort(err instanceof Error ? err : new Error(String(err)))
        } finally {
          served.delete(stream)
          total--
          const left = (perPeer.get(key) ?? 1) - 1
          if (left <= 0) perPeer.delete(key)
          else perPeer.set(key, left)
        }
      }

      await libp2p.handle(protocol, (stream, connection) => void serve(stream, connection), {
        // Our own count is the bound; libp2p's, per connection, only has to be no lower.
        maxInboundStreams: options.streamsPerPeerMax + 1,
        // A relay bounds what passes it; what is said there is the same.
        runOnLimitedConnection: true
      })
      return () => libp2p.unhandle(protocol)
    },
    async openStream(connection, protocol, signal) {
      try {
        return await connection.newStream(protocol, {
          signal,
          maxOutboundStreams: OUTBOUND_STREAMS_PER_PROTOCOL_MAX,
          runOnLimitedConnection: true
        })
      } catch (cause) {
        if (isCodedError(cause)) throw cause
        if (signal.aborted && !isTimeout(signal.reason)) throw signal.reason
        const unsupported = cause instanceof Error && cause.name === 'UnsupportedProtocolError'
        throw new CodedError(
          unsupported ? 'E_PROTOCOL_UNSUPPORTED' : 'E_STREAM_OPEN_FAILED',
          unsupported ? 'the peer does not speak this protocol' : 'could not open a stream to a connected peer',
          { facts: { protocol, peer: connection.remotePeer.toString() }, cause }
        )
      }
    },
    stop() {
      for (const stream of served) stream.abort(new CodedError('E_NETWORK_STOPPED', 'this peer is shutting down'))
    }
  }
}

/** Streams of one protocol we may have open to one peer; callers keep their own, lower, bounds. */
const OUTBOUND_STREAMS_PER_PROTOCOL_MAX = 64

/** A stream whose peer never closes its side would hold its place for ever. */
async function endOf(stream: Stream): Promise<void> {
  if (isOver(stream)) return
  const signal = AbortSignal.timeout(CLOSE_TIMEOUT_MS)
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.addEventListener('close', () => resolve(), { once: true })
  await waitFor(stream.close({ signal }), signal)
  if (!isOver(stream)) await waitFor(promise, signal)
}

function isOver(stream: Stream): boolean {
  return stream.status !== 'open' && stream.status !== 'closing'
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}
