/** Decides what the ticks of a program show its buyer. */
export interface Ticks {
  /**
   * @param runMs since the program began
   * @param work what it has done, in the demand's measure
   * @returns the work to show now, or undefined to show nothing this time
   */
  look(runMs: number, work: number): number | undefined
}

export interface TicksInit {
  /** Time between two looks. */
  lookMs: number
  /** Something is shown so often at least, so that the buyer knows that its program runs: half a tick of time. */
  periodMs: number
  /** Most work that is shown at once: half of the credit. */
  stepMax: number
}

/** A timer that is early by this share of its period is in time. */
const EARLY = 0.05

/**
 * Work is shown half a credit at a time, so that the payment for one half arrives during the next. A machine that is busy
 * looks late: what it then showed at once could be more than its credit, and the buyer would be blamed for work that it was
 * never asked to pay. So
 *
 * - a look shows at most one step more than the look before, however late it is: the rest follows;
 * - a look that is very late shows nothing, once, because a payment may lie there unread: the next look judges.
 */
export function createTicks({ lookMs, periodMs, stepMax }: TicksInit): Ticks {
  let lookedAtMs = 0
  let shownAtMs = 0
  let shown = 0
  let hasWaited = false
  return {
    look(runMs, work) {
      const lateMs = runMs - lookedAtMs - lookMs
      lookedAtMs = runMs
      if (lateMs > periodMs / 2 && !hasWaited) {
        hasWaited = true
        return undefined
      }
      hasWaited = false
      if (work - shown < stepMax && runMs - shownAtMs < periodMs * (1 - EARLY)) return undefined
      shownAtMs = runMs
      shown = Math.min(work, shown + stepMax)
      return shown
    }
  }
}
