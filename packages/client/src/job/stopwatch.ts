import type { Replica } from './job.ts'

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

/** Ends the stages that replicas go through together, once the last of them is through. */
export function createStages(watch: Stopwatch, replicas: number): { see(replica: Replica): void } {
  const agreed = new Set<string>()
  const running = new Set<string>()

  function reach(stage: string, reached: Set<string>, provider: string): void {
    if (reached.has(provider)) return
    reached.add(provider)
    if (reached.size === replicas) watch.lap(stage)
  }

  return {
    see({ provider, state }) {
      if (state === 'negotiating' || state === 'failed') return
      reach('negotiate', agreed, provider)
      if (state === 'running' || state === 'delivered' || state === 'paid') reach('transfer', running, provider)
    }
  }
}
