/**
 * What real peers were measured at, by `node test/bench/scale/main.ts --real`: peers in several processes on one machine,
 * each with its own connections over TCP, noise and yamux.
 */
export const CALIBRATION = {
  /** An Offer with two addresses and five domains, encoded and signed. */
  offerBytes: 700,
  /** What a copy takes on the wire beside it: gossipsub's frame, yamux, noise, TCP's own not counted. */
  copyOverheadBytes: 90,
  /** What a member of one topic sends and receives while nobody offers anything. */
  idleBytesPerSec: 1_500,
  idleMessagesPerSec: 20,
  /** An identifier in a heartbeat's list of what is new. */
  announcedBytes: 34,
  /** Offers that a book holds. */
  bookOffersMax: 20_000,
  /** What comparing two books that are nearly the same costs, as a share of sending one. */
  comparedShare: 0.02,
  /** Offers checked in a second. */
  verifiedPerSec: 8_000
} as const
