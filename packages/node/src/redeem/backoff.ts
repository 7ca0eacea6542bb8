/**
 * How long to wait after `failures` in a row: doubling from `minMs` up to `maxMs`, and of that a random part from one half
 * to all of it, so that many nodes that failed together do not come back together.
 *
 * @param failures from 1
 * @param random from 0 up to 1
 */
export function backoffMs(
  failures: number,
  { minMs, maxMs }: { minMs: number; maxMs: number },
  random: number
): number {
  const fullMs = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30))
  return Math.round(fullMs * (0.5 + random / 2))
}
