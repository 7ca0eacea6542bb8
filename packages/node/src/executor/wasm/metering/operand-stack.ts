import { badProgram } from './byte-reader.ts'
import { OPERANDS_MAX } from './limits.ts'

/**
 * What is known of the values on the operand stack while a function is read: 0 for one whose bits are the same on every
 * machine; for a float that may be a NaN of differing bits, where it was made and how wide it is, see {@link differing}.
 */
export interface OperandStack {
  height(): number
  /** Most there ever was. */
  peak(): number
  push(value: number): void
  /** Throws ProgramFault where a value is missing, unless the code cannot be reached. */
  pop(): number
  /** The value `depth` below the top; 0 where there is none in code that cannot be reached. */
  peek(depth: number): number
  /** Marks it as known. */
  settle(depth: number): void
  /** Sets the height, and the bottom below which nothing may be taken. */
  restore(height: number, bottom: number): void
  /** Drops what lies above the bottom: from here on code cannot be reached, and any value may be taken. */
  abandon(): void
  setReachable(yes: boolean): void
  isReachable(): boolean
  clear(): void
}

/** A float made by the instruction that ends at `offset`. */
export function differing(offset: number, isDouble: boolean): number {
  return 2 * offset + (isDouble ? 1 : 0)
}

export function createOperandStack(): OperandStack {
  const values = new Int32Array(OPERANDS_MAX)
  let height = 0
  let bottom = 0
  let peak = 0
  let reachable = true

  return {
    height: () => height,
    peak: () => peak,
    push: value => {
      if (height >= OPERANDS_MAX)
        throw badProgram('a function of the program has too many operands', { max: OPERANDS_MAX })
      values[height++] = value
      if (height > peak) peak = height
    },
    pop: () => {
      if (height > bottom) return values[--height]!
      if (reachable) throw badProgram('an instruction of the program lacks operands')
      return 0
    },
    peek: depth => (height - depth > bottom ? values[height - 1 - depth]! : 0),
    settle: depth => {
      if (height - depth > bottom) values[height - 1 - depth] = 0
    },
    restore: (toHeight, toBottom) => {
      height = toHeight
      bottom = toBottom
    },
    abandon: () => {
      height = bottom
      reachable = false
    },
    setReachable: yes => {
      reachable = yes
    },
    isReachable: () => reachable,
    clear: () => {
      height = bottom = peak = 0
      reachable = true
    }
  }
}
