/** Every bound of the peer-to-peer layer that more than one file uses, each with the reason for its size. */

const KIB = 1024
const MIB = 1024 * KIB

/** Largest dag-cbor message by default. A Demand with long arguments is a few KiB; anything larger travels as blocks. */
export const MESSAGE_BYTES_MAX = 64 * KIB

/**
 * Bytes received and not yet taken by the reader before we tell the peer to wait. Large enough to keep a fast link
 * busy, small enough that a thousand forgotten streams stay below a gigabyte.
 */
export const INBOUND_BYTES_MAX = 512 * KIB

/** Bytes accepted for sending and not yet handed to the stream. `send` waits above this. */
export const OUTBOUND_BYTES_MAX = MIB

/**
 * Calls of `send` that may wait for room at once; one more is refused: nobody is reading the other end. With messages of
 * the default size this is 16 MiB.
 */
export const SENDS_WAITING_MAX = 256

/**
 * A whole frame has this long from its first byte to its last, and a peer this long to take some of the bytes that
 * wait for it. A 1 MiB block passes at 35 kB/s; a peer that sends a byte now and then holds its stream no longer.
 */
export const STALL_TIMEOUT_MS = 30_000

/**
 * After we closed our side the peer has this long to close its own before the stream is reset. It first has to read what
 * is still on its way: a full window at 300 kB/s.
 */
export const CLOSE_TIMEOUT_MS = 15_000

/**
 * Receive window of one stream, bytes: what a peer may send that we have not read. 4 MiB carries 40 MiB/s over a
 * 100 ms path. It must not exceed the read buffer bound, or a peer that fills the window of a paused stream is cut.
 */
export const STREAM_WINDOW_BYTES_MAX = 4 * MIB

/** Streams a peer may have open on one connection: every protocol together needs fewer than half of this. */
export const STREAMS_PER_CONNECTION_MAX = 256

/**
 * Streams that may arrive before the connection is ready to hand them out. The default of 10 kills the connection
 * of a peer that opens its streams right after dialling.
 */
export const EARLY_STREAMS_MAX = 256

/** Opening a stream on an open connection: two round trips, so this is generous on any path. */
export const OPEN_STREAM_TIMEOUT_MS = 5_000

/** Dialling a peer: several addresses, handshakes of about seven round trips each. */
export const DIAL_TIMEOUT_MS = 10_000

/** Binding addresses and opening a datastore take milliseconds; a disk that needs longer is broken. */
export const START_TIMEOUT_MS = 20_000

/** A stop that takes longer is left behind: the process is going away. */
export const STOP_TIMEOUT_MS = 5_000

/**
 * Connection bounds. A buyer talks to up to 256 providers and a provider to as many buyers; 400 connections cost about
 * 40 MB. The threshold is connections per second and address, high enough for a devnet or an office behind one address.
 * Pending ones hold a socket each until they prove a key; a silent one is dropped after five seconds, which an honest
 * peer on a machine at its limit still meets.
 */
export const CONNECTION_SETTINGS = {
  maxConnections: 400,
  inboundConnectionThreshold: 50,
  maxIncomingPendingConnections: 64,
  inboundUpgradeTimeout: 5_000,
  dialTimeout: DIAL_TIMEOUT_MS
}

/**
 * Every second each connection is pinged; an answer later than 1.5 to 3 seconds (it adapts to the path) ends it. So a
 * peer that went dark is noticed within four seconds, below the five that failover allows, while an event loop that
 * was busy for a second loses no connection. A killed process is noticed at once: its sockets close.
 */
export const MONITOR_SETTINGS = { pingInterval: 1_000, pingTimeout: { minTimeout: 1_500, maxTimeout: 3_000 } }

/**
 * Ping streams of one connection at a time. One more ends the connection, whoever opened it: the monitor's next ping while
 * the last is still under way, and the DHT's own ping of a peer it has just met, must both fit.
 */
export const PING_SETTINGS = { maxInboundStreams: 16, maxOutboundStreams: 8 }

/** Peers and addresses stay known for a week, so that a node finds the network again after a weekend off. */
export const PEER_STORE_SETTINGS = { maxAddressAge: 7 * 24 * 3_600_000, maxPeerAge: 7 * 24 * 3_600_000 }

/** Connections to keep at least: enough to stay in the gossip mesh and the DHT when some of them die together. */
export const CONNECTIONS_MIN = 6
