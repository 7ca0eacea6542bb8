import type { EditList } from './edits.ts'
import { EDIT } from './edits.ts'

/**
 * Regions: instructions that run equally often, so that one subtraction pays for all of them. A region begins at the start
 * of a function or loop, of an arm of an `if`, behind a conditional branch, and behind a block that something inside
 * leaves by another way than its end. What follows any other block belongs to the region that the block is in.
 */
export interface Regions {
  /** Costs by region, complete once the function has been read. */
  readonly costs: readonly number[]
  /** Adds to the cost of where we are. */
  spend(cost: number): void
  /** A new region, charged at `offset`. */
  begin(offset: number, kind: typeof EDIT.charge | typeof EDIT.chargeAndCheck): void
  /** Enters a block of any kind. */
  open(): void
  /** Something here leaves the block `depth` further out than the innermost by a branch to it, -1 the function. */
  branch(target: number): void
  /** Leaves the innermost block by its end; a new region begins at `offset` where that is not certain to come. */
  close(offset: number): void
  /** Number of blocks that are open. */
  depth(): number
  clear(): void
}

const NOWHERE = Number.MAX_SAFE_INTEGER

export function createRegions(edits: EditList): Regions {
  const costs: number[] = []
  /** For each open block the region it was entered in … */
  const entered: number[] = []
  /** … and the outermost block that a branch inside it goes to. */
  const outermost: number[] = []
  let current = 0

  function begin(offset: number, kind: number): void {
    current = costs.push(0) - 1
    edits.add(offset, kind, current)
  }

  return {
    costs,
    spend: cost => {
      costs[current]! += cost
    },
    begin,
    open: () => {
      entered.push(current)
      outermost.push(NOWHERE)
    },
    branch: target => {
      const innermost = outermost.length - 1
      if (innermost >= 0 && target < outermost[innermost]!) outermost[innermost] = target
    },
    close: offset => {
      const region = entered.pop()!
      const target = outermost.pop()!
      const depth = entered.length
      if (depth > 0 && target < outermost[depth - 1]!) outermost[depth - 1] = target
      if (target < depth) begin(offset, EDIT.charge)
      else current = region
    },
    depth: () => entered.length,
    clear: () => {
      costs.length = entered.length = outermost.length = 0
      costs.push(0)
      current = 0
    }
  }
}
