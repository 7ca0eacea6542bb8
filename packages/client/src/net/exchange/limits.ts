/** Every bound of peer exchange, each with its reason. */

/** Peers named in one answer. Six connections are wanted: two answers are plenty, and a liar's answer is a small part. */
export const PEERS_TOLD_MAX = 16

/** A signed peer record: eight addresses, key and signature are 0.6 kB. */
export const PEER_RECORD_BYTES_MAX = 2 * 1024

/** Addresses in one record: more is a list of victims and not of one's own doors. */
export const RECORD_ADDRESSES_MAX = 16

/** One answer: all records at their largest, and what surrounds them. */
export const PEERS_ANSWER_BYTES_MAX = PEERS_TOLD_MAX * (PEER_RECORD_BYTES_MAX + 8) + 64

/** Peers that are looked up for one answer: each is a read of the store, and some cannot be told. */
export const PEERS_LOOKED_AT_MAX = 64

/** Of one prefix in one answer: what we pass on is as mixed as what we want to be told. */
export const TOLD_PER_PREFIX_MAX = 2

/** A question and its answer on a path of any length. */
export const PEERS_TIMEOUT_MS = 5_000

/** A peer is asked again after this time: its connections change slowly. */
export const ASK_AGAIN_MS = 30_000

/** One that lied is not asked for this long. */
export const ASK_LIAR_AGAIN_MS = 3_600_000

/** Peers whose last question is remembered. */
export const ASKED_MAX = 1_024

/** Questions of one peer that are answered: a few at once, as after a restart, then one each ten seconds. */
export const ANSWERS_PER_PEER = { capacity: 4, perSec: 0.1, keysMax: 1_024 }

/** Of all together: names are free, so this is what bounds the work. An answer costs about a millisecond. */
export const ANSWERS_OF_ALL = { capacity: 64, perSec: 33 }
