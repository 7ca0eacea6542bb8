import { type Hash, nodeHash } from '@archipel/protocol'

/**
 * Proves any leaf of one receipt log, hashing it once: `proveInclusion` does the same for one leaf at the price of
 * hashing everything each time.
 *
 * @returns the audit path of the leaf at an index, from the leaf up
 */
export function createProver(leaves: readonly Hash[]): (index: number) => Hash[] {
  const levels: Hash[][] = [[...leaves]]
  // Folded level by level; an odd one out moves up unchanged, which is RFC 6962's split seen from below.
  for (let level = levels[0] as Hash[]; level.length > 1; levels.push(level)) {
    level = pairs(level).map(([left, right]) => (right === undefined ? left : nodeHash(left, right)))
  }
  return index => {
    const path: Hash[] = []
    for (const [height, level] of levels.entries()) {
      const position = Math.floor(index / 2 ** height)
      const sibling = level[position % 2 === 0 ? position + 1 : position - 1]
      if (sibling !== undefined) path.push(sibling)
    }
    return path
  }
}

function pairs(level: readonly Hash[]): (readonly [Hash, Hash | undefined])[] {
  return level.flatMap((left, i) => (i % 2 === 0 ? [[left, level[i + 1]] as const] : []))
}
