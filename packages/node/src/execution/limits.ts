import { ARCHIVE_BYTES_MAX } from '../executor/oci/limits.ts'
import { PROGRAM_BYTES_MAX } from '../executor/wasm/limits.ts'

/** Largest program of each runtime: what its executor takes. */
export const PROGRAM_BYTES_MAX_BY_RUNTIME: Readonly<Record<string, number>> = {
  wasm: PROGRAM_BYTES_MAX,
  oci: ARCHIVE_BYTES_MAX
}
/** The nodes that hold a program together, beside its bytes. */
export const PROGRAM_NODES_BYTES_MAX = 2 ** 20
/** Blocks of a program: of the smallest size that is usual, a quarter MiB, the largest has as many. */
export const PROGRAM_BLOCKS_MAX = 2048
/** Levels of a program's nodes: two hold a million blocks. */
export const PROGRAM_DEPTH_MAX = 8
/** An input directory: enough for a large source tree; larger data belongs to several jobs. Its files fit the demand's disk. */
export const INPUT_LIMITS = { blocks: 100_000, bytes: 4 * 2 ** 30, depth: 64 }
/** Nodes that hold an input's files together: 20 000 names and a link for each MiB. */
export const INPUT_NODES_BYTES_MAX = 16 * 2 ** 20
/** Files of an input directory. */
export const INPUT_FILES_MAX = 20_000
/** What a program may print and write. */
export const OUTPUT_BYTES_MAX = 2 ** 30
/** How long fetching program and input may take in all, before the job is given up. */
export const FETCH_TIMEOUT_MS = 120_000
/** How long a buyer may be away that still has to hand over inputs: after a restart it has to find us again. */
export const BUYER_AWAY_MS = 60_000
export const FETCH_RETRY_MS = 500
/** Jobs whose inputs travel at once. One buyer's do not hold up another's. */
export const FETCHES_PER_BUYER_MAX = 8
export const FETCHES_MAX = 64
export const FETCHES_WAITING_MAX = 512
/** CIDs known to be complete in the block store, so that a warm job walks nothing. */
export const COMPLETE_CIDS_MAX = 4096
/** How long a result is kept for its buyer at least: a day to come back after a crash, as its debts are. */
export const RESULT_KEPT_SEC = 86_400
/** Results kept at once, whatever was said above: each costs some hundred bytes of memory. */
export const RESULTS_KEPT_MAX = 65_536
