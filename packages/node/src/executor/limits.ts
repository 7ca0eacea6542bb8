/** Arguments and environment together: Linux's limit for a new process is 128 KiB a string. */
export const STRING_BYTES_MAX = 128 * 1024
/** Longest timer that Node keeps. */
export const WALL_MS_MAX = 2 ** 31 - 1
/** Longest path of an input or output file, UTF-8 bytes: Linux's PATH_MAX. */
export const PATH_BYTES_MAX = 4096
/** Longest name in a path, UTF-8 bytes: Linux's NAME_MAX. */
export const NAME_BYTES_MAX = 255
/** Most fuel of one job: a month of a fast processor. */
export const FUEL_MAX = Number.MAX_SAFE_INTEGER
