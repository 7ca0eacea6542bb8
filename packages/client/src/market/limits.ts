/** Offers kept by one peer. 100,000 providers at 0.7 kB are 70 MB: more than a light peer should hold, so fewer. */
export const BOOK_OFFERS_MAX = 20_000
/** Bytes of offers in one book snapshot: about 5,000 offers. */
export const SNAPSHOT_BYTES_MAX = 4 << 20
/** Offers in one snapshot, however small. */
export const SNAPSHOT_OFFERS_MAX = 20_000
/** Peers a newcomer asks for their book: one may lie by omission, three rarely do so together. */
export const BOOK_PEERS = 3
/** How long a newcomer waits for one peer's book. */
export const BOOK_TIMEOUT_MS = 5000
/** One frame of a book snapshot. */
export const BOOK_FRAME_BYTES_MAX = 256 * 1024
/** How long a newcomer looks for peers that hold the book through the DHT. */
export const FIND_BOOKS_TIMEOUT_MS = 3000
/** Offers younger than this are not asked for again: gossip brings what changes. */
export const BOOK_FRESH_MS = 10_000
/** How long finding peers and asking them for their books may take in all. */
export const SYNC_TIMEOUT_MS = 12_000
/** With this many books a newcomer begins; the others are still asked. */
export const BOOKS_ENOUGH = 2
/** How long the first book waits for a second: a peer that is near answers in this time. */
export const SECOND_BOOK_WAIT_MS = 200
/**
 * Offers that were replaced and are kept to compare others with, for one provider: what contradicts them is on its way at
 * about the same time, and offers are renewed every few minutes.
 */
export const OFFERS_REMEMBERED_PER_PROVIDER = 3
/** The same for all providers together: 3 MB at 0.7 kB each. */
export const OFFERS_REMEMBERED_MAX = 4_096
/** Contradictions that are known and not looked at again. One that is forgotten costs a signature check. */
export const TOLD_MAX = 1_024
