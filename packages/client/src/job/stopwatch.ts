/** Splits a job's time into stages, as its buyer sees them. */
export interface Stopwatch {
  /** Ends a stage: what passed since the last lap. */
  lap(stage: string): void
  /** Milliseconds of a stage; 0 when it never ran. */
  ms(stage: string): number
  totalMs(): number
}

export function createStopwatch(): Stopwatch {
  const startMs = performance.now()
  let lapMs = startMs
  const stages = new Map<string, number>()
  return {
    lap(stage) {
      const nowMs = performance.now()
      stages.set(stage, (stages.get(stage) ?? 0) + nowMs - lapMs)
      lapMs = nowMs
    },
    ms: stage => stages.get(stage) ?? 0,
    totalMs: () => performance.now() - startMs
  }
}
