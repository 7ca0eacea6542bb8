/** Bounds of fetching and serving content, each with the reason for its size. */

const KIB = 1024
const MIB = 1024 * KIB

/** Peers that one fetch asks: more than this many fill any link, and each holds a stream and a window. */
export const SOURCES_MAX = 8

/** Wants under way at one peer: their number, and their bytes as far as their parents tell. Fills a 100 ms path at 80 MiB/s. */
export const SOURCE_WINDOW_BLOCKS = 64
export const SOURCE_WINDOW_BYTES = 8 * MIB

/** Wants of one fetch under way, over all peers: what it may hold in memory, whatever the size of the content. */
export const FETCH_WINDOW_BLOCKS = 2 * SOURCE_WINDOW_BLOCKS
export const FETCH_WINDOW_BYTES = 2 * SOURCE_WINDOW_BYTES

/**
 * What a window counts for a block at least. Nodes of links are not larger as a rule, and parents whose sizes are a
 * little wrong do no harm; a raw block that is larger than this and than its parent says would break the window.
 */
export const RESERVED_BYTES_MIN = 64 * KIB

/**
 * A peer that has been silent this long while wants wait for it gets a competitor for them. A machine that is busy is
 * silent for some hundred milliseconds; two seconds cost a transfer little, and a block that comes twice costs bytes.
 */
export const HEDGE_AFTER_MS = 2_000

/** Wants in a row that others had to answer in a peer's place: by then it is slow, not unlucky. */
export const OUTRUN_MAX = 3

/** After it lacked a block a peer is passed over this long, doubling up to the second, so that one that has nothing costs nothing. */
export const LACKING_PAUSE_MS = 50
export const LACKING_PAUSE_MS_MAX = 2_000

/** Peers named to one that asks who has some content: as many as a fetch asks. */
export const HOLDERS_TOLD_MAX = SOURCES_MAX

/** Addresses of one peer: TCP and WebSocket, inside and outside. */
export const HOLDER_ADDRESSES_MAX = 4

/** The longest useful address names a relay and two peers. */
export const HOLDER_ADDRESS_BYTES_MAX = 256

/** A full answer and its framing. */
export const HOLDERS_BYTES_MAX = HOLDERS_TOLD_MAX * HOLDER_ADDRESSES_MAX * (HOLDER_ADDRESS_BYTES_MAX + 3) + KIB

/** Content remembered, and who asked for each: a few megabytes at most. */
export const HOLDERS_ROOTS_MAX = 1_024
export const HOLDERS_PER_ROOT_MAX = 16

/** Who asked for content has it, or a part, for a while: by then a job's providers have all begun. */
export const HOLDER_KNOWN_MS = 10 * 60_000

/** Asking and connecting, in all: a fetch has begun meanwhile, so nobody needs to wait longer. */
export const HOLDERS_TIMEOUT_MS = 5_000
