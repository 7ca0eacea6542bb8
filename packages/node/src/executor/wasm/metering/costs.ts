import { OP } from './instruction-set.ts'

/**
 * What instructions cost in fuel. One, where nothing else is said: a unit of fuel is about what one instruction of an
 * ordinary program takes. The weights are rough on purpose: they are the same everywhere, and no machine is.
 */

/** Names all that decides how much fuel a program takes and how it is bounded: part of every key of a cache. */
export const METERING_VERSION = 1

/** Calls: arguments, frame and the engine's check of its stack. A call through a table also compares types. */
const CALL = 4
const INDIRECT_CALL = 8
/** Division, remainder and square root take several times as long as other arithmetic. */
const DIVISION = 8

/** Entering a function costs one for each so many of its parameters and locals, which have to be set. */
export const LOCALS_PER_FUEL = 8

/** Sizes are priced by shifting them: `n` pages cost `n << 12`, as zeroing takes that long. */
export const GROW_PAGES_SHIFT = 12
/** Table entries that come to be. */
export const GROW_ENTRIES_SHIFT = 1
/** Bytes that are filled or copied: eight for one. */
export const BYTES_SHIFT = -3
/** Entries that are filled or copied. */
export const ENTRIES_SHIFT = 0

const costs = new Uint8Array(256).fill(1)
for (const op of [OP.block, OP.loop, OP.else, OP.end, OP.nop, OP.drop]) costs[op] = 0
for (const op of [OP.call, OP.returnCall]) costs[op] = CALL
for (const op of [OP.callIndirect, OP.returnCallIndirect]) costs[op] = INDIRECT_CALL
costs.fill(DIVISION, 0x6d, 0x71)
costs.fill(DIVISION, 0x7f, 0x83)
for (const op of [0x91, 0x95, 0x9f, 0xa3]) costs[op] = DIVISION

/** By first byte. */
export const COSTS: Readonly<Uint8Array> = costs

/** Square roots and divisions of vectors. */
export function simdCost(sub: number): number {
  return sub === 0xe3 || sub === 0xe7 || sub === 0xef || sub === 0xf3 ? DIVISION : 1
}

/**
 * Bytes of stack that a call takes at most: every local and every operand in a slot of its own, and what an engine adds.
 * Compilers keep most of it in registers.
 */
export function frameBytes(locals: number, vectors: number, operandsMax: number): number {
  return 128 + 8 * locals + 8 * vectors + 16 * operandsMax
}
