/** How long a verified job waits for the replicas that have not answered, so that they are paid too. */
export const STRAGGLER_WAIT_MS = 15_000
/** …but no longer than this many times what the quorum took: a slow replica must not hold up a fast job. */
export const STRAGGLER_FACTOR = 1
/** How long the end of a job waits for providers to acknowledge their payment; it is sent again at the next contact. */
export const ACKNOWLEDGE_WAIT_MS = 5000
/** How long a client that stops waits for them: a provider that is there answers in milliseconds. */
export const STOP_WAIT_MS = 1000
/** Output a job may bring back: files, bytes. */
export const OUTPUT_FILES_MAX = 10_000
export const OUTPUT_BYTES_MAX = 4 * 2 ** 30
/** stdout and stderr each, held in memory. */
export const STDIO_BYTES_MAX = 64 * 2 ** 20
/** Stored jobs listed at once. */
export const JOBS_LISTED_MAX = 10_000
/** How long one provider may take to hand over stderr, which is not part of what it is paid for. */
export const STDERR_TIMEOUT_MS = 3000
