import { badProgram } from './byte-reader.ts'
import { EDIT, type EditList } from './edits.ts'
import { MOVES_MAX, OPERANDS_MAX } from './limits.ts'

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
  /** Bits of that value can be seen from here on: where it is made, they become the same on every machine. */
  expose(depth: number): void
  /** The same for as many values from the top; they count as handed on. */
  exposeTop(count: number): void
  popAll(types: Uint8Array): void
  /** Puts values of these types, known ones; they count as handed on. */
  pushAll(types: Uint8Array): void
  /** Throws ProgramFault where the module hands on too many values in all. */
  handOn(count: number): void
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

export function createOperandStack(edits: EditList): OperandStack {
  const values = new Int32Array(OPERANDS_MAX)
  let height = 0
  let bottom = 0
  let peak = 0
  let reachable = true
  let movesLeft = MOVES_MAX

  function push(value: number): void {
    if (height >= OPERANDS_MAX) {
      throw badProgram('a function of the program has too many operands', { max: OPERANDS_MAX })
    }
    values[height++] = value
    if (height > peak) peak = height
  }

  function pop(): number {
    if (height > bottom) return values[--height]!
    if (reachable) throw badProgram('an instruction of the program lacks operands')
    return 0
  }

  function expose(depth: number): void {
    const at = height - 1 - depth
    if (at < bottom || values[at] === 0) return
    edits.add(values[at]! >> 1, values[at]! & 1 ? EDIT.canonical64 : EDIT.canonical32)
    values[at] = 0
  }

  function handOn(count: number): void {
    movesLeft -= count
    if (movesLeft < 0) throw badProgram('the program hands on too many values', { max: MOVES_MAX })
  }

  return {
    height: () => height,
    peak: () => peak,
    push,
    pop,
    peek: depth => (height - depth > bottom ? values[height - 1 - depth]! : 0),
    expose,
    exposeTop: count => {
      handOn(count)
      for (let depth = 0; depth < count; depth++) expose(depth)
    },
    popAll: types => {
      for (let i = 0; i < types.length; i++) pop()
    },
    pushAll: types => {
      handOn(types.length)
      for (let i = 0; i < types.length; i++) push(0)
    },
    handOn,
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
