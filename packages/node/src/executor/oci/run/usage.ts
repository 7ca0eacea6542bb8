import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerStats } from '../engine/types.ts'
import { FIRST_LOOK_MS, LOOK_INTERVAL_MS } from '../limits.ts'

const NANOS_PER_MS = 1_000_000

/** What a container took, as far as was seen while it ran: afterwards nobody knows. */
export interface UsageWatch {
  cpuMs(): number | undefined
  memoryBytes(): number
  stop(): void
}

export interface UsageWatchInit {
  look: (signal: AbortSignal) => Promise<ContainerStats>
  /** Told after each look that saw something. */
  onLook: (cpuMs: number) => void
}

export function watchUsage({ look, onLook }: UsageWatchInit): UsageWatch {
  const stopped = new AbortController()
  let cpuMs: number | undefined
  let memoryBytes = 0

  function see({ cpu_stats, memory_stats }: ContainerStats): void {
    const nanos = cpu_stats?.cpu_usage?.total_usage ?? 0
    // One that has ended shows nothing.
    if (nanos === 0) return
    cpuMs = Math.max(cpuMs ?? 0, Math.round(nanos / NANOS_PER_MS))
    memoryBytes = Math.max(memoryBytes, memory_stats?.max_usage ?? 0, memory_stats?.usage ?? 0)
    onLook(cpuMs)
  }

  async function watch(): Promise<void> {
    const { signal } = stopped
    await delay(FIRST_LOOK_MS, undefined, { signal })
    for (;;) {
      // One that fails says nothing of the next: the container may only begin, or the engine be busy.
      await look(signal).then(see, () => {})
      await delay(LOOK_INTERVAL_MS, undefined, { signal })
    }
  }

  // Ends when it is stopped.
  watch().catch(() => {})
  return { cpuMs: () => cpuMs, memoryBytes: () => memoryBytes, stop: () => stopped.abort() }
}
