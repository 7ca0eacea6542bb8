/**
 * What real peers are like. Measured so far, by `node test/bench/scale/main.ts --real`, on 20 peers in five processes of one
 * busy machine: what is there while nothing happens (with 20 connections each), and 8.1 kB sent and received by each for a
 * message of 700 bytes, which is five copies with 90 bytes around each. Meshes of 60 and 150 are still to be measured, and
 * with them whether this holds as they grow.
 */
export const CALIBRATION = {
  /** An Offer with two addresses and five domains, encoded and signed. */
  offerBytes: 700,
  /** What a copy takes on the wire beside it: gossipsub's frame, yamux, noise, TCP's own not counted. */
  copyOverheadBytes: 90,
  /** What a member of one topic sends and receives while nobody offers anything. */
  idleBytesPerSec: 9_400,
  /** Pings of 20 connections, and their answers. Not measured. */
  idleMessagesPerSec: 40,
  /** An identifier in a heartbeat's list of what is new: a hash and its framing. */
  announcedBytes: 34,
  /** Offers that a book holds. */
  bookOffersMax: 20_000,
  /** What comparing two books that are nearly the same costs, as a share of sending one. */
  comparedShare: 0.02,
  /** Offers checked in a second. */
  verifiedPerSec: 7_000
} as const
