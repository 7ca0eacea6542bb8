import { keccak } from '../primitives/bytes.ts'
import { fromHex, type Hash, toHex } from '../primitives/hex.ts'

/** How many juries a case can have: one, and one for each appeal. */
export const CASE_ROUNDS_MAX = 4

/** What one party draws the juries of a case with. */
export interface SecretChain {
  /** Told when the case is opened or contested; binds the party to all its secrets. */
  readonly anchor: Hash
  /** One for each round, to be shown in that round and not before: each hashes to the one before it. */
  readonly secrets: readonly Hash[]
}

/**
 * The hash chain that grows from `seed`.
 *
 * @param seed 32 random bytes, for this case alone and kept secret: whoever knows it knows all rounds
 */
export function secretChain(seed: Hash): SecretChain {
  const links: Hash[] = []
  let link = fromHex(seed, 32)
  for (let i = 0; i <= CASE_ROUNDS_MAX; i++) {
    link = keccak(link)
    links.unshift(toHex(link))
  }
  const [anchor, ...secrets] = links as [Hash, ...Hash[]]
  return { anchor, secrets }
}
