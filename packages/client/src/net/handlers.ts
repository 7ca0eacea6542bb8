import { CodedError, isCodedError } from '@archipel/protocol'
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'

/** Serves one stream. When it returns or throws, the stream is over for it; a throw resets the stream. */
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
          const work = handler(stream, { peerId: connection.remotePeer, connection })
          await Promise.all([work, closedOf(stream)])
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
        runOnLimitedConnection: false
      })
      return () => libp2p.unhandle(protocol)
    },
    async openStream(connection, protocol, signal) {
      try {
        return await connection.newStream(protocol, { signal, maxOutboundStreams: OUTBOUND_STREAMS_PER_PROTOCOL_MAX })
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

function closedOf(stream: Stream): Promise<void> {
  if (stream.status !== 'open' && stream.status !== 'closing') return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.addEventListener('close', () => resolve(), { once: true })
  return promise
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}
