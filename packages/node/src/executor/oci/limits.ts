/** Bounds of the container executor, each with its reason. */

/** An engine that does not answer a small question for this long is down; it takes milliseconds. */
export const ANSWER_TIMEOUT_MS = 30_000
/** Creating a container copies its image with the slowest storage driver; starting one takes half a second. */
export const CONTAINER_TIMEOUT_MS = 60_000
/** Loading or pulling an image, unpacking included. */
export const IMAGE_TIMEOUT_MS = 600_000
/** Removing what a job leaves; what cannot be removed in this time is removed later. */
export const CLEANUP_TIMEOUT_MS = 20_000
/** Output still on its way from a program that has ended. */
export const DRAIN_TIMEOUT_MS = 10_000
/** An engine's answer about one container is a few KiB, a list of them a few hundred. */
export const ANSWER_BYTES_MAX = 8 * 2 ** 20
/** One line of progress of a load or a pull. */
export const PROGRESS_LINE_BYTES_MAX = 64 * 1024

/** An archive of an image, as it is sent: a service with its runtime, not a whole desktop. It is held in memory. */
export const ARCHIVE_BYTES_MAX = 256 * 2 ** 20
/** Entries of an archive: a layer has at most three files in it. */
export const ARCHIVE_ENTRIES_MAX = 1024
/** Layers of an image: engines stack no more. */
export const LAYERS_MAX = 125
/** All layers unpacked: what an image may take of the engine's disk. */
export const IMAGE_BYTES_MAX = 2 * 2 ** 30
/** Files and folders of all layers: about what 2 GiB of a distribution has, many times over. */
export const IMAGE_ENTRIES_MAX = 500_000
/** An image's configuration: variables, commands, history. */
export const CONFIG_BYTES_MAX = 2 ** 20
/** Volumes that an image may declare; each becomes a folder in memory. */
export const IMAGE_VOLUMES_MAX = 16
/** A reference names a registry, a repository and a digest; registries allow 255 characters of name. */
export const REFERENCE_BYTES_MAX = 512
/** Images kept for the next job. */
export const IMAGES_MAX = 32

/** Input files: as many as a provider fetches for one job. */
export const INPUT_FILES_MAX = 20_000
/** Output files: as many as there may be of input. */
export const OUTPUT_FILES_MAX = 20_000
/** Files and folders that a program may have at a time: bounds the kernel memory that empty ones take. */
export const INODES_MAX = 65_536
/** Open files of one process. */
export const OPEN_FILES_MAX = 1024
/** Processes of one program unless its job says otherwise: compilers and servers start dozens. */
export const PROCESSES_DEFAULT = 128
/** Most processes of one program: the numbers of a small machine are 32,768. */
export const PROCESSES_MAX = 4096
/** The engine takes no container with less memory. */
export const MEMORY_BYTES_MIN = 8 * 2 ** 20
/** Shared memory of a program's processes, part of its memory. */
export const SHARED_MEMORY_BYTES = 64 * 2 ** 20

/** What gVisor's kernel takes beside the program: it holds 13 MiB when idle. */
export const GVISOR_MEMORY_BYTES = 64 * 2 ** 20
/** Threads of gVisor's kernel beside one or two for each process of the program: a Go program needs dozens. */
export const GVISOR_THREADS = 500

/** First look at what a container takes, soon: many programs are short. */
export const FIRST_LOOK_MS = 100
/** Time between two looks: a program may take that much more processor time than it was given. */
export const LOOK_INTERVAL_MS = 500
