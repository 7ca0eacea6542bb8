import { badProgram } from './byte-reader.ts'
import { EDIT } from './edits.ts'
import { OP } from './instruction-set.ts'
import { NESTING_MAX } from './limits.ts'
import type { FunctionType } from './module-index.ts'
import { differing, type OperandStack } from './operand-stack.ts'
import type { Regions } from './regions.ts'
import { VALUE_TYPE } from './value-types.ts'

/** The blocks that are open while a function is read; the outermost is the function itself. */
export interface Blocks {
  /** Begins a function that gives values of these types. */
  start(results: Uint8Array): void
  /** Opens a block, a loop, or an `if` whose condition has been taken; `offset` is behind its first instruction. */
  open(op: number, type: FunctionType, offset: number): void
  /** The `else` that ends at `offset`. */
  alternate(offset: number): void
  /** The `end` that ends at `offset`. */
  close(offset: number): void
  /** A branch to the block that many further out; returns how many values may go with it. */
  branch(label: number): number
  /** How many are open. */
  depth(): number
  /** Types of what the function gives. */
  results(): Uint8Array
  /** Some branch went to the end of the function itself. */
  branchesOut(): boolean
}

interface Block {
  op: number
  /** Height of the operand stack below its parameters. */
  readonly base: number
  readonly type: FunctionType
  /** Whether its one result, a float, may be a NaN that differs. */
  differs: boolean
  /** Entered from code that can be reached. */
  readonly live: boolean
}

const EMPTY = new Uint8Array(0)

export function createBlocks(operands: OperandStack, regions: Regions): Blocks {
  const blocks: Block[] = []
  let branchesOut = false

  /** Values on top of the stack go where the block ends. What a function gives must be the same on every machine. */
  function flowToEnd(block: Block): void {
    const { results } = block.type
    if (results.length === 1 && blocks[0] !== block) {
      if (operands.peek(0) !== 0) block.differs = true
    } else operands.exposeTop(results.length)
  }

  return {
    start: results => {
      blocks.length = 0
      branchesOut = false
      blocks.push({ op: OP.block, base: 0, type: { params: EMPTY, results }, differs: false, live: true })
    },
    open: (op, type, offset) => {
      if (blocks.length > NESTING_MAX) throw badProgram('the program nests blocks too deep', { max: NESTING_MAX })
      operands.exposeTop(type.params.length)
      operands.popAll(type.params)
      const base = operands.height()
      blocks.push({ op, base, type, differs: false, live: operands.isReachable() })
      operands.restore(base, base)
      operands.pushAll(type.params)
      regions.open()
      if (op === OP.loop) regions.begin(offset, EDIT.chargeAndCheck)
      if (op === OP.if) regions.begin(offset, EDIT.charge)
    },
    alternate: offset => {
      const block = blocks.at(-1)!
      if (block.op !== OP.if) throw badProgram('an else of the program belongs to no if')
      block.op = OP.else
      flowToEnd(block)
      operands.restore(block.base, block.base)
      operands.setReachable(block.live)
      operands.pushAll(block.type.params)
      regions.begin(offset, EDIT.charge)
    },
    close: offset => {
      const block = blocks.at(-1)!
      flowToEnd(block)
      blocks.pop()
      const outer = blocks.at(-1)
      if (outer === undefined) return
      operands.restore(block.base, outer.base)
      operands.setReachable(block.live)
      const { results } = block.type
      if (results.length === 1) operands.push(block.differs ? differing(offset, results[0] === VALUE_TYPE.f64) : 0)
      else operands.pushAll(results)
      regions.close(offset)
    },
    branch: label => {
      const index = blocks.length - 1 - label
      const target = blocks[index]
      if (target === undefined) throw badProgram('the program branches to where there is no block')
      if (index === 0) branchesOut = true
      // Regions do not count the function as a block.
      regions.branch(index - 1)
      if (target.op !== OP.loop) flowToEnd(target)
      else operands.exposeTop(target.type.params.length)
      return target.type.results.length + target.type.params.length
    },
    depth: () => blocks.length,
    results: () => blocks[0]!.type.results,
    branchesOut: () => branchesOut
  }
}
