/** Decides what the ticks of a program show its buyer. */
export interface Ticks {
  /**
   * One look at a program.
   *
   * @param runMs since it began
   * @param work what it has done, in the demand's measure
   * @returns the work to show now, or undefined to show nothing this time
   */
  look(runMs: number, work: number): number | undefined
}

export interface TicksInit {
  /** Time between two looks: half a tick. */
  periodMs: number
  /** Most work that is shown at once: less than the credit. */
  stepMax: number
}

/**
 * Work is shown as it is done, and the payment for what one look showed arrives before the next. A machine that is busy looks
 * late: what it then showed at once could be more than its credit, and the buyer would be blamed for work that it was never
 * asked to pay. So
 *
 * - a look shows at most one step more than the look before, however late it is: the rest follows;
 * - a look that is very late shows nothing, once, because a payment may lie there unread: the next look judges.
 */
export function createTicks({ periodMs, stepMax }: TicksInit): Ticks {
  let lookedAtMs = 0
  let shown = 0
  let hasWaited = false
  return {
    look(runMs, work) {
      const lateMs = runMs - lookedAtMs - periodMs
      lookedAtMs = runMs
      if (lateMs > periodMs / 2 && !hasWaited) {
        hasWaited = true
        return undefined
      }
      hasWaited = false
      shown = Math.min(work, shown + stepMax)
      return shown
    }
  }
}
