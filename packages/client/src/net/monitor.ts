import { CodedError } from '@archipel/protocol'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { unref } from './wait.ts'

/** Notices peers that went dark: those that are killed are noticed by the closing of their sockets. */
export interface Monitor {
  start(): void
  stop(): void
  /** How late this process's own event loop was in all since the start, milliseconds. */
  readonly lagMs: number
}

export interface MonitorSettings {
  /** Between two pings of one connection. */
  intervalMs: number
  /** How long a peer may be silent after a ping. */
  timeoutMs: number
}

type Host = Pick<Libp2p, 'getConnections' | 'addEventListener' | 'removeEventListener'>

/** How often deadlines are looked at; this much is added to how long it takes to notice anything. */
const TICK_MS = 100

/**
 * The most that time moves on between two ticks, as deadlines see it. When our own event loop was busy or the machine
 * slept, answers may have been here all along without having been read: so what we missed counts against nobody.
 */
const STEP_MS_MAX = 2 * TICK_MS

/** Bytes of any kind are a sign of life, as when an answer waits behind a large block; this long, but not for ever. */
const PONG_LATE_MS_MAX = 30_000

const PING_PROTOCOL = '/ipfs/ping/1.0.0'
const PING_BYTES = 32

interface Watch {
  readonly connection: Connection
  readonly over: AbortController
  stream: Stream | undefined
  /** What was sent and is not yet answered. */
  expected: Uint8Array | undefined
  received: number
  /** By the patient clock. */
  sentAtMs: number
  heardAtMs: number
  nextAtMs: number
  /** By the real one: what the round trip is measured with. */
  sentAtRealMs: number
}

/**
 * Pings every connection over one stream that stays open: opening a stream for each ping costs ten times as much and a
 * write to the peer store at both ends. An answer that is late ends the connection with E_PEER_DARK.
 */
export function createMonitor(
  libp2p: Host,
  settings: MonitorSettings,
  nowMs: () => number = () => performance.now()
): Monitor {
  const watches = new Map<string, Watch>()
  let timer: ReturnType<typeof setInterval> | undefined
  let tickedAtMs = 0
  let patientMs = 0
  let lagMs = 0

  function watch(connection: Connection): void {
    if (watches.has(connection.id) || connection.status !== 'open') return
    const one: Watch = {
      connection,
      over: new AbortController(),
      stream: undefined,
      expected: undefined,
      received: 0,
      sentAtMs: 0,
      heardAtMs: patientMs,
      // Not all at the same moment.
      nextAtMs: patientMs + Math.random() * settings.intervalMs,
      sentAtRealMs: 0
    }
    watches.set(connection.id, one)
    bytesOf(connection)?.addEventListener('message', () => {
      one.heardAtMs = patientMs
    })
    connection.addEventListener('close', () => forget(connection.id), { once: true })
  }

  function forget(id: string): void {
    watches.get(id)?.over.abort()
    watches.delete(id)
  }

  function tick(): void {
    const now = nowMs()
    const elapsedMs = now - tickedAtMs
    tickedAtMs = now
    lagMs += Math.max(0, elapsedMs - STEP_MS_MAX)
    patientMs += Math.min(elapsedMs, STEP_MS_MAX)
    for (const one of watches.values()) {
      if (one.expected !== undefined) checkDeadline(one)
      else if (patientMs >= one.nextAtMs) ping(one)
    }
  }

  function checkDeadline(one: Watch): void {
    const silentMs = patientMs - Math.max(one.sentAtMs, one.heardAtMs)
    const lateMs = patientMs - one.sentAtMs
    if (silentMs < settings.timeoutMs && lateMs < PONG_LATE_MS_MAX) return
    forget(one.connection.id)
    one.connection.abort(
      new CodedError('E_PEER_DARK', 'a peer did not answer in time', {
        facts: { peer: one.connection.remotePeer.toString(), silentMs: Math.round(silentMs) }
      })
    )
  }

  function ping(one: Watch): void {
    one.expected = crypto.getRandomValues(new Uint8Array(PING_BYTES))
    one.received = 0
    one.sentAtMs = patientMs
    one.nextAtMs = patientMs + settings.intervalMs
    one.sentAtRealMs = nowMs()
    send(one, one.expected).catch(() => {
      // Whoever refuses a stream is alive; that the connection is closing will be seen by its own event.
      one.stream = undefined
      one.expected = undefined
    })
  }

  async function send(one: Watch, bytes: Uint8Array): Promise<void> {
    if (one.stream?.status !== 'open') one.stream = await open(one)
    // Opening took a round trip or two of its own: not part of what is measured.
    one.sentAtRealMs = nowMs()
    one.stream.send(bytes)
  }

  async function open(one: Watch): Promise<Stream> {
    const stream = await one.connection.newStream(PING_PROTOCOL, {
      signal: one.over.signal,
      runOnLimitedConnection: true
    })
    stream.addEventListener('message', ({ data }) => hear(one, stream, data.subarray()))
    return stream
  }

  function hear(one: Watch, stream: Stream, bytes: Uint8Array): void {
    const { expected, received } = one
    if (one.stream !== stream || expected === undefined) return
    if (received + bytes.byteLength > PING_BYTES || bytes.some((byte, i) => byte !== expected[received + i])) {
      // Not an answer to this ping: none came.
      stream.abort(new CodedError('E_PING_INVALID', 'a peer answers what was not asked'))
      return
    }
    one.received += bytes.byteLength
    if (one.received < PING_BYTES) return
    one.expected = undefined
    one.connection.rtt = nowMs() - one.sentAtRealMs
  }

  const onOpen = ({ detail }: { detail: Connection }) => watch(detail)

  return {
    start() {
      if (timer !== undefined) return
      tickedAtMs = nowMs()
      timer = unref(setInterval(tick, TICK_MS))
      libp2p.addEventListener('connection:open', onOpen)
      for (const connection of libp2p.getConnections()) watch(connection)
    },
    stop() {
      clearInterval(timer)
      timer = undefined
      libp2p.removeEventListener('connection:open', onOpen)
      for (const id of [...watches.keys()]) forget(id)
    },
    get lagMs() {
      return Math.round(lagMs)
    }
  }
}

/** What a connection's bytes come in by. libp2p keeps it to itself; without it, answers alone are signs of life. */
function bytesOf(connection: Connection): Pick<EventTarget, 'addEventListener'> | undefined {
  const { maConn } = connection as { maConn?: EventTarget & { listenerCount?: (type: string) => number } }
  // While nobody listens yet, listening here would swallow what comes.
  return maConn?.listenerCount !== undefined && maConn.listenerCount('message') > 0 ? maConn : undefined
}
