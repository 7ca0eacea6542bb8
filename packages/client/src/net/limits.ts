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
 * Every 0.7 seconds each connection is pinged; one that is silent for 2.4 seconds after that is over. So a peer that went
 * dark is noticed within 3.3 seconds, below the five that failover allows, while a peer whose event loop was busy for two
 * keeps its connections. A killed process is noticed at once: its sockets close.
 */
export const MONITOR_SETTINGS = { intervalMs: 700, timeoutMs: 2_400 }

/**
 * Ping streams of one connection at a time. One more ends the connection, whoever opened it: the monitor's own, which stays
 * open, and the DHT's pings of a peer it has just met, must fit. A stream is taken back after ten minutes and opened anew:
 * libp2p keeps what belongs to it until then, even if its connection is gone.
 */
export const PING_SETTINGS = { maxInboundStreams: 16, maxOutboundStreams: 8, timeout: 600_000 }

/**
 * Peers and what they said of themselves stay known until there are too many: libp2p counts an address's age from when it
 * was first seen and never anew, so after a bound of its own, a node that ran for longer would come back knowing nobody.
 */
export const PEER_STORE_SETTINGS = { maxAddressAge: 100 * 365 * 24 * 3_600_000, maxPeerAge: 7 * 24 * 3_600_000 }

/** Connections to keep at least: enough to stay in the gossip mesh and the DHT when some of them die together. */
export const CONNECTIONS_MIN = 6

/** Peers remembered, about 1 kB each: enough to find the network again when nine in ten of them are gone for good. */
export const KNOWN_PEERS_MAX = 1_024

/** Peers of one /24 or /48 that are remembered: whoever has one such prefix fills a sixty-fourth of our memory. */
export const KNOWN_PER_PREFIX_MAX = 16

/** Peers read from the store at a time: the bound, and what came since it was last kept. */
export const KNOWN_PEERS_READ_MAX = 2 * KNOWN_PEERS_MAX

/** Connections of our own choice to one prefix: of six, four at least lead somewhere else. */
export const CHOSEN_PER_PREFIX_MAX = 2

/**
 * Connections taken from one prefix, a sixth of all. An office or a carrier's customers come from one, too, so this is
 * far above what our own choice allows itself.
 */
export const INBOUND_PER_PREFIX_MAX = 64

/**
 * What a peer that lends its connections gives to each that is behind a router: an hour and a quarter of a gibibyte at a time,
 * which carries agreements, receipts and small files, and is a bridge until there is a direct connection. Thirty-two
 * places cost 8 GiB at most in an hour.
 */
export const RELAY_SERVER_SETTINGS = {
  hopTimeout: 10_000,
  maxInboundHopStreams: 16,
  maxOutboundStopStreams: 16,
  reservations: {
    maxReservations: 32,
    reservationTtl: 3_600_000,
    defaultDurationLimit: 3_600_000,
    defaultDataLimit: 256n * BigInt(MIB)
  }
}

/** Places at a relay for peers of one prefix: an eighth of them. */
export const RESERVATIONS_PER_PREFIX_MAX = 4

/** Connections that reach us through a relay, of one relay: as many as a relay has places. */
export const RELAY_TRANSPORT_SETTINGS = { maxInboundStopStreams: 32, reservationConcurrency: 2 }

/** Addresses on the LAN that may be dialled because they were found there: more than a building has. */
export const LAN_ADDRESSES_MAX = 256
