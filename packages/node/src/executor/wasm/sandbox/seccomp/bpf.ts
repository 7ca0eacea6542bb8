/**
 * The kernel's filter machine (classic BPF), as far as a filter of system calls needs it: one register, loads of what the
 * call is, jumps forward, and answers.
 */
export type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number]

/** Where `struct seccomp_data` has things; arguments are 64 bits, of which the lower half is what is looked at. */
export const DATA = { number: 0, architecture: 4, argument: (index: number) => 16 + 8 * index } as const

/** Conditional jumps reach this far. */
export const JUMP_MAX = 255

const INSTRUCTION_BYTES = 8

export const load = (offset: number): Instruction => [0x20, 0, 0, offset]
export const answer = (value: number): Instruction => [0x06, 0, 0, value]
/** Jumps count the instructions to skip. */
export const jump = (skip: number): Instruction => [0x05, 0, 0, skip]
export const ifEqual = (value: number, ifTrue: number, ifFalse = 0): Instruction => [0x15, ifTrue, ifFalse, value]
export const ifAtLeast = (value: number, ifTrue: number, ifFalse = 0): Instruction => [0x35, ifTrue, ifFalse, value]
export const ifAnyBit = (mask: number, ifTrue: number, ifFalse = 0): Instruction => [0x45, ifTrue, ifFalse, mask]

/** As the kernel reads it: `struct sock_filter`, little-endian on both architectures. */
export function encode(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * INSTRUCTION_BYTES)
  for (const [index, [code, ifTrue, ifFalse, operand]] of instructions.entries()) {
    if (ifTrue > JUMP_MAX || ifFalse > JUMP_MAX) throw new RangeError('a conditional jump goes too far')
    const at = index * INSTRUCTION_BYTES
    bytes.writeUInt16LE(code, at)
    bytes[at + 2] = ifTrue
    bytes[at + 3] = ifFalse
    bytes.writeUInt32LE(operand, at + 4)
  }
  return bytes
}
