/**
 * Largest output that a case is about, bytes. Its chunks are hashed in memory, 1 KiB each, whenever one is asked for: beyond
 * this a small machine would be busy for minutes.
 */
export const DATA_BYTES_MAX = 64 * 2 ** 20

/** Cases that one party has open at a time: each holds a stake, and is read anew with each look. */
export const CASES_OPEN_MAX = 64

/** Steps remembered of one case: a case has no more than thirty, and some are sent again. */
export const CASE_STEPS_MAX = 128
