/** What the realtime clock shows when a program starts: 2000-01-01T00:00:00Z, in nanoseconds since 1970. */
export const EPOCH_NS = 946_684_800_000_000_000n
/**
 * How far time moves with each host call where fuel is not counted, so that a program waiting for time to pass comes to an
 * end.
 */
export const STEP_NS = 1_000n

/**
 * A clock that owes nothing to the machine: it starts at {@link EPOCH_NS}, moves by a nanosecond with each unit of fuel, or
 * by {@link STEP_NS} at each host call where fuel is not counted, and jumps over sleeps. The same program therefore sees the
 * same times everywhere.
 */
export interface VirtualClock {
  /** Counts one host call. */
  tick(): void
  /** Skips a sleep; negative durations are ignored. */
  skip(durationNs: bigint): void
  /** Nanoseconds since the program started. */
  monotonicNs(): bigint
  /** Nanoseconds since 1970. */
  realtimeNs(): bigint
}

export function createVirtualClock(fuelUsed?: () => number): VirtualClock {
  let calls = 0
  let skippedNs = 0n
  const passedNs = fuelUsed === undefined ? () => BigInt(calls) * STEP_NS : () => BigInt(fuelUsed())
  const monotonicNs = () => skippedNs + passedNs()
  return {
    tick: () => {
      calls++
    },
    skip: durationNs => {
      if (durationNs > 0n) skippedNs += durationNs
    },
    monotonicNs,
    realtimeNs: () => EPOCH_NS + monotonicNs()
  }
}
