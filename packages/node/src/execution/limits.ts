/** A program: the largest real WASI programs (a Go compiler, CPython) are 20–40 MB. */
export const PROGRAM_LIMITS = { blocks: 1024, bytes: 256 * 2 ** 20, depth: 8 }
/** An input directory: enough for a large source tree; larger data belongs to several jobs. */
export const INPUT_LIMITS = { blocks: 100_000, bytes: 4 * 2 ** 30, depth: 64 }
/** Files of an input directory. */
export const INPUT_FILES_MAX = 20_000
/** What a program may print and write. */
export const OUTPUT_BYTES_MAX = 2 ** 30
/** How long fetching program and input may stand still… in all, before the job is given up. */
export const FETCH_TIMEOUT_MS = 120_000
/** CIDs known to be complete in the block store, so that a warm job walks nothing. */
export const COMPLETE_CIDS_MAX = 4096
