export interface Spread {
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/** Percentiles of a sample, rounded to a hundredth. */
export function spreadOf(sample: readonly number[]): Spread {
  const sorted = [...sample].sort((a, b) => a - b)
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return { p50: at(0.5), p95: at(0.95), max: round(sorted.at(-1) ?? 0) }
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}
