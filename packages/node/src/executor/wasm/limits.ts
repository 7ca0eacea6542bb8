/** Bounds of the executor's own side, each with its reason. Those of a program's world are in wasi/limits.ts. */

/** Largest program: three times the largest known to run (esbuild, 20 MB). */
export const PROGRAM_BYTES_MAX = 64 * 1024 * 1024
/** A runner that takes longer to start than this is broken; it takes 50 ms on a quiet machine. */
export const START_TIMEOUT_MS = 10_000
/** A runner that takes nothing of a job's input for this long is broken: reading is all it does then. */
export const TRANSFER_TIMEOUT_MS = 30_000
/** A killed process that has not gone after this long is left to the system. */
export const EXIT_TIMEOUT_MS = 5_000
/** What is kept of a runner's own standard error, which tells why it died. */
export const DIAGNOSTIC_BYTES_MAX = 16 * 1024
/** Most of the engine's own heap, outside of the program's memory: holds tables, compiled-code metadata and file names. */
export const HEAP_MIB_MAX = 256
