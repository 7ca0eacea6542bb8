/** Numbers that look random and are the same again for the same seed. */
export interface Random {
  /** 0 … n − 1. */
  below(n: number): number
  pick<T>(from: readonly T[]): T
  chance(percent: number): boolean
  /** A whole number of any size up to `max`, small ones and `max` itself as likely as large ones. */
  amount(max: bigint): bigint
}

/** The mulberry32 generator: one 32-bit word of state, enough for tests. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let word = state
    word = Math.imul(word ^ (word >>> 15), word | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  const random: Random = {
    below,
    pick: from => from[below(from.length)]!,
    chance: percent => below(100) < percent,
    amount(max) {
      if (max <= 0n) return 0n
      switch (below(4)) {
        case 0:
          return max
        case 1:
          return BigInt(below(5)) % (max + 1n)
        default: {
          const wide = (BigInt(below(2 ** 31)) << 31n) | BigInt(below(2 ** 31))
          return (max * wide) >> 62n
        }
      }
    }
  }
  return random
}
