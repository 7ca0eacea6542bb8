/**
 * How much run time the ticks of a program show its buyer. Work is shown half a credit period at a time, so that the
 * payment for one half arrives during the next. A machine that is busy looks late: what it then showed at once could be
 * more than its credit, and the buyer would be blamed for work that it was never asked to pay. So
 *
 * - a look shows at most one period more than the look before, however late it is: the rest follows;
 * - a look that is very late shows nothing, once, because a payment may lie there unread: the next look judges.
 *
 * @param periodMs time between two looks
 * @returns for each look at a program that has run for `runMs`: what to show, or undefined to show nothing this time
 */
export function createTicks(periodMs: number): (runMs: number) => number | undefined {
  let lookedAtMs = 0
  let shownMs = 0
  let hasWaited = false
  return runMs => {
    const lateMs = runMs - lookedAtMs - periodMs
    lookedAtMs = runMs
    if (lateMs > periodMs / 2 && !hasWaited) {
      hasWaited = true
      return undefined
    }
    hasWaited = false
    shownMs = Math.min(runMs, shownMs + periodMs)
    return shownMs
  }
}
