/** Every bound of what the DHT keeps for strangers, each with its reason. */

/** Keys that one peer may say it provides, at us: runtimes, a region, the book; many times what honest ones have. */
export const PROVIDED_PER_PEER_MAX = 32

/** Provider records kept in all, about 0.2 kB each: names are free, so this bounds our disk, not who has a place. */
export const PROVIDER_RECORDS_MAX = 20_000

/** Providers of one key told at once: an answer of all would be a large one for a small question. */
export const PROVIDERS_TOLD_MAX = 64

/** Records read for one answer: those told are chosen among them, so that no name gets ahead by its spelling. */
export const PROVIDERS_READ_MAX = 512

/** Peers of one prefix in the routing table: a path of a look-up meets that prefix now and then and not all the time. */
export const TABLE_PER_PREFIX_MAX = 3
