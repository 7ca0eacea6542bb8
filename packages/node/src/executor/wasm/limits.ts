/** Bounds of the executor's own side, each with its reason. Those of a program's world are in wasi/limits.ts. */

/** Largest program: three times the largest known to run (esbuild, 20 MB). */
export const PROGRAM_BYTES_MAX = 64 * 1024 * 1024
/** Largest program once it is metered: code of the worst kind takes six times as much room, that of compilers a fifth more. */
export const METERED_BYTES_MAX = 256 * 1024 * 1024
/** Metering esbuild takes under two seconds on a quiet machine, and sixteen on one with ten times as much to do as it can. */
export const METERING_TIMEOUT_MS = 120_000
/** Programs that wait to be metered: one at a time is, and each takes a second or two. */
export const METERING_WAITING_MAX = 64
/** Metered programs kept on disk: that many, and that much of them. */
export const KEPT_PROGRAMS_MAX = 256
export const KEPT_BYTES_MAX = 1024 ** 3
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
/**
 * What a runner may have beside the memory and the files of its job: Node, the engine's heap, a program of the largest size
 * and what it compiles to. A bound for whoever has broken out, not for programs: those meet their own long before.
 */
export const PROCESS_BYTES_MAX = 1024 * 1024 * 1024
/** Threads of one runner and bubblewrap around it: it has a dozen, whatever program it runs. */
export const TASKS_MAX = 64
/** Against 100 for the node itself: a step of niceness is a quarter more time, and runners are five steps down. */
export const CPU_WEIGHT = 33
/** Two processors' time for each runner, one for its program and one to compile it: more are threads nobody asked for. */
export const CPU_QUOTA_US = 200_000
export const CPU_PERIOD_US = 100_000
/** Files in memory are held once and twice more while they grow. */
export const FILE_COPIES_MAX = 3
