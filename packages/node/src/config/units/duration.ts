import { CodedError } from '@archipel/protocol'

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A year: timers and chain times stay far from their limits. */
const DURATION_MS_MAX = 366 * UNIT_MS.d!

/**
 * `30s`, `5m`, `1.5h`, `250ms`, `2d` as whole milliseconds above zero.
 *
 * @param name what the text was given for, e.g. `--timeout`
 * @throws CodedError E_DURATION_INVALID
 */
export function parseDurationMs(text: string, name: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text)
  const durationMs = match === null ? Number.NaN : Math.round(Number(match[1]) * UNIT_MS[match[2]!]!)
  if (durationMs > 0 && durationMs <= DURATION_MS_MAX) return durationMs
  throw new CodedError('E_DURATION_INVALID', `${name}: ${JSON.stringify(text)} is not a duration`, {
    facts: { name, text },
    hint: 'a number and a unit, such as 30s, 5m or 1.5h'
  })
}

/** The same in whole seconds, rounded up. */
export function parseDurationSec(text: string, name: string): number {
  return Math.ceil(parseDurationMs(text, name) / 1000)
}

/** `850 ms`, `12.3 s`, `4 m 05 s`, `2 h 10 m`: for people. */
export function formatDurationMs(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`
  const seconds = durationMs / 1000
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const [minutes, rest] = [Math.floor(Math.round(seconds) / 60), Math.round(seconds) % 60]
  if (minutes < 60) return `${minutes} m ${String(rest).padStart(2, '0')} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} m`
}
