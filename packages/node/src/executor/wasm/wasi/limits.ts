/** Longest path in one host call, UTF-8 bytes: Linux's PATH_MAX. */
export const PATH_BYTES_MAX = 4096
/** Longest file name, UTF-8 bytes: Linux's NAME_MAX. */
export const NAME_BYTES_MAX = 255
/** Most components in one path: three times what a deep node_modules tree has; bounds the work of one look-up. */
export const PATH_DEPTH_MAX = 128
/** Most files and directories of one job, input included: about 64 MiB of bookkeeping at worst. */
export const INODES_MAX = 65_536
/** Most open files of one job, standard streams included. */
export const OPEN_FILES_MAX = 1024
/** Most buffers in one scattered read or write: POSIX's IOV_MAX. */
export const IOVECS_MAX = 1024
/** Most subscriptions in one poll: a poll of this size takes well below a millisecond. */
export const SUBSCRIPTIONS_MAX = 1024
/** Largest file offset: what a double holds exactly. */
export const OFFSET_MAX = Number.MAX_SAFE_INTEGER
