/**
 * What a program may consist of, each bound with its reason. Compilers stay far below; without them a small file can keep a
 * compiler busy for a quarter of a minute and half a gibibyte.
 *
 * They are part of what decides whether a program runs: a change is a new {@link METERING_VERSION}.
 */

/** Bytes of one function: an optimising compiler takes more than linear time. The largest of esbuild has 200 KB. */
export const FUNCTION_BYTES_MAX = 1024 * 1024
/** Functions and imports: twelve times what esbuild has. */
export const FUNCTIONS_MAX = 100_000
/** Function types. */
export const TYPES_MAX = 50_000
/** Parameters, and results, of one function type. */
export const ARITY_MAX = 1000
/** Parameters and locals of one function: what engines allow. */
export const LOCALS_MAX = 50_000
/** Locals of all functions together: each is set to zero by code that has to be compiled. */
export const LOCALS_TOTAL_MAX = 8_000_000
/** Blocks inside one another: six times what Go's compiler, which made esbuild, comes to. */
export const NESTING_MAX = 20_000
/** Values on the operand stack of one function. */
export const OPERANDS_MAX = 10_000
/** Targets of all branch tables together: each is an edge for the compiler. */
export const BRANCH_TARGETS_MAX = 2_000_000
/** Globals, and segments of data or elements: what engines allow. */
export const GLOBALS_MAX = 1_000_000
export const SEGMENTS_MAX = 100_000
/** Tables of one program, and entries of one table, which take eight bytes each. */
export const TABLES_MAX = 16
export const TABLE_ENTRIES_MAX = 1_000_000
/** Exports: what engines allow. */
export const EXPORTS_MAX = 100_000
/** Bytes of one name: what engines allow. */
export const NAME_BYTES_MAX = 100_000
/**
 * Nested calls: bytes of stack, as {@link frameBytes} counts them. An engine's own frames take no more than that, and it is
 * given twice as much.
 */
export const STACK_BYTES_MAX = 24 * 1024 * 1024
/**
 * Values that calls, blocks and branches take and hand on, in all: a call of two bytes may move as many as its type has.
 * esbuild has 220,000.
 */
export const MOVES_MAX = 20_000_000
