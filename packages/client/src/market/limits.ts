/**
 * Memory for offers in one peer, as counted below: some 22,000 offers. 100,000 providers would take 370 MB, more than a
 * light peer should hold.
 */
export const BOOK_BYTES_MAX = 80 << 20
/** What an offer takes beside its encoded bytes: the decoded one, its key, its places in the indexes. Measured at 3.06 kB. */
export const OFFER_MEMORY_BYTES = 3_100
/** Part of a full book that the keys of one owner may hold while others want in. */
export const BOOK_OWNER_SHARE = 1 / 20
/** Providers whose last sequence is remembered once their offers are gone: 4 MB. */
export const PAST_SEQUENCES_MAX = 32_768
/** Regions that one filter names. */
export const FILTER_REGIONS_MAX = 64
/** Bytes of offers that one peer sends at a time: about 20,000 offers, and less than a minute at 300 kB/s. */
export const SNAPSHOT_BYTES_MAX = 16 << 20
/** Offers in one snapshot, however small. */
export const SNAPSHOT_OFFERS_MAX = 20_000
/** Peers a newcomer asks for their book: one may lie by omission, three rarely do so together. */
export const BOOK_PEERS = 3
/** How long one peer may take for its book, a busy one with many offers included. */
export const BOOK_TIMEOUT_MS = 10_000
/** One frame of a book. */
export const BOOK_FRAME_BYTES_MAX = 256 * 1024
/** Book streams that are served: for one peer, and for all. */
export const BOOK_STREAMS_PER_PEER_MAX = 2
export const BOOK_STREAMS_MAX = 64
/** Offers that a peer sends and that no honest peer would, until it is asked no more. One may be a bug. */
export const BOOK_BAD_OFFERS_MAX = 8
/** How long a newcomer looks for peers that hold the book through the DHT. */
export const FIND_BOOKS_TIMEOUT_MS = 3000
/** Offers younger than this are not asked for again: gossip brings what changes. */
export const BOOK_FRESH_MS = 10_000
/** How long finding peers and asking them for their books may take in all. */
export const SYNC_TIMEOUT_MS = 20_000
/** With this many books a newcomer begins; the others are still asked. */
export const BOOKS_ENOUGH = 2
/** How long the first book waits for a second: a peer that is near answers in this time. */
export const SECOND_BOOK_WAIT_MS = 200
/**
 * The next peer is asked once the one before has answered, so that it need not send the same again, or after this long: a
 * slow one holds up nobody.
 */
export const BOOK_STAGGER_MS = 400
/** Who comes back with a book waits this long for others'; then what it kept will do until they answer. */
export const KEPT_WAIT_MS = 500

/** Offers that a digest stands for; fewer are listed one by one, which costs about as much. */
export const LEAF_OFFERS_MAX = 16
/**
 * Hexadecimal digits of an address by which offers are told apart. Making 17 keys that are alike in so many takes longer
 * than any of their offers holds.
 */
export const PREFIX_DIGITS_MAX = 12
/** Bytes of an address that name a provider in lists: a second key with the same ones takes 2^63 tries to find. */
export const SHORT_ID_BYTES = 8
/** Bytes of a digest. */
export const DIGEST_BYTES = 8
/** Parts of the book that may be asked about in one request: an answer is at most 16 × 16 bytes for each. */
export const PREFIXES_PER_REQUEST_MAX = 512
/** Offers that may be asked for in one request. */
export const OFFERS_PER_REQUEST_MAX = 2_048
/** Requests on one stream: the levels of digests, in several batches where much differs, and the offers. */
export const REQUESTS_PER_STREAM_MAX = 64
/** Parts that one comparison may look into: all of a book of 20,000, and what somebody makes up beside it. */
export const PREFIXES_PER_SYNC_MAX = 16_384
/** A request: the largest names 2,048 offers. */
export const BOOK_REQUEST_BYTES_MAX = 32 * 1024

/**
 * Offers that were replaced and are kept to compare others with, for one provider: what contradicts them is on its way at
 * about the same time, and offers are renewed every few minutes.
 */
export const OFFERS_REMEMBERED_PER_PROVIDER = 3
/** The same for all providers together: 3 MB at 0.7 kB each. */
export const OFFERS_REMEMBERED_MAX = 4_096
/** Contradictions that are known and not looked at again. One that is forgotten costs a signature check. */
export const TOLD_MAX = 1_024

/** Comparisons of books with one peer: the first few at once, then one a second. Honest ones come every ten seconds. */
export const BOOK_SYNCS_BURST = 8
export const BOOK_SYNCS_PER_SEC = 1
/** Peers of which is counted what they do. */
export const PEERS_COUNTED_MAX = 1_024

/** Keys that one question to the chain asks about, and how long they are gathered for it. */
export const BACKERS_PER_QUESTION_MAX = 512
export const BACKER_GATHER_MS = 30
/** Questions to the chain about keys: a newcomer's 8,000 at once, and then whatever strangers think of. */
export const BACKER_QUESTIONS_BURST = 16
export const BACKER_QUESTIONS_PER_SEC = 2
export const BACKER_QUESTION_TIMEOUT_MS = 5_000
/** Keys that wait to be asked about; whoever comes with more is not heard until there is room. */
export const BACKER_KEYS_WAITING_MAX = 8_192
/** How long an offer waits to hear whether its key is bonded. */
export const BACKER_ASK_WAIT_MS = 6_000
/** What the chain said of a bonded key is asked again after this long… */
export const BACKER_FRESH_SEC = 3_600
/** …and believed for this long where it cannot be asked: the bond of an owner that leaves stays for a month. */
export const BACKER_BELIEVED_SEC = 24 * 3_600
/** Bonded keys remembered: 10 MB. Each costs somebody a transaction. */
export const BACKERS_KNOWN_MAX = 65_536
/** A key without a bond is asked about again after this long: its owner may be about to post one. */
export const STRANGER_FRESH_SEC = 30
/** Keys without a bond that are remembered. */
export const STRANGERS_KNOWN_MAX = 16_384
/** What a key without a bond costs a neighbour that brings more of those than of others: 40 of them are too many. */
export const STRANGER_COST = 25
/** Offers of one provider that are passed on: some at once, as when its first neighbours arrive, then one in ten seconds. */
export const OFFER_PACE_BURST = 6
export const OFFER_PACE_PER_SEC = 0.1
/** Providers whose pace is counted. */
export const PACED_KEYS_MAX = 32_768
/** Offers of others' books are checked for this long at a time, then everybody else has the event loop. */
export const VERIFY_TURN_MS = 10
/** Keys whose contradiction was passed on, or heard of. */
export const PROOFS_TOLD_MAX = 4_096

/** How often the book is written to disk; offers are renewed every minute, so most of it each time. */
export const KEPT_SAVE_INTERVAL_MS = 30_000
/** Changes in one commit: 150 kB, some milliseconds of the disk that payments wait for as well. */
export const KEPT_OPS_PER_COMMIT = 256
/** Bytes of kept offers that are read at a start, and how many are checked at a time. */
export const KEPT_BYTES_MAX = 32 << 20
export const KEPT_PAGE_OFFERS = 256
/** Reading and checking what was kept, the largest book included; what is not done by then is left. */
export const KEPT_LOAD_TIMEOUT_MS = 20_000
/** Filters of which is remembered when peers were asked about them last. */
export const FILTERS_FRESH_MAX = 32
