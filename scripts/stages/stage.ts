/** One part of `npm test`. */
export interface Stage {
  name: string
  /** Prints through `write` and counts what it ran. A thrown error counts as one failure. */
  run(write: (text: string) => void): Promise<Counts>
}

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export const PASSED: Counts = { passed: 1, failed: 0, skipped: 0 }
export const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 }

export function addCounts(parts: readonly Counts[]): Counts {
  const sum = (key: keyof Counts) => parts.reduce((total, part) => total + part[key], 0)
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
}
