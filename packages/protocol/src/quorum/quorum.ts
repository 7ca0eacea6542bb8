import type { Hash } from '../primitives/hex.ts'

/** k of n: results are accepted once k replicas agree on one digest. */
export interface Quorum {
  readonly replicas: number
  readonly quorum: number
}

export type QuorumDecision =
  /** No digest has k votes yet, but one still can. */
  | { readonly code: 'open' }
  | { readonly code: 'agreed'; readonly digest: Hash }
  /** Whatever the missing replicas say, no digest can reach k. */
  | { readonly code: 'impossible'; readonly votes: ReadonlyMap<Hash, number> }

/**
 * @param digests the result digests in hand, one for each replica that answered
 * @param outstanding replicas that may still answer
 */
export function decideQuorum(
  digests: readonly Hash[],
  outstanding: number,
  { quorum }: Pick<Quorum, 'quorum'>
): QuorumDecision {
  const votes = new Map<Hash, number>()
  for (const digest of digests) votes.set(digest, (votes.get(digest) ?? 0) + 1)
  const [digest, most] = [...votes].sort((a, b) => b[1] - a[1])[0] ?? [undefined, 0]
  if (digest !== undefined && most >= quorum) return { code: 'agreed', digest }
  return most + outstanding >= quorum ? { code: 'open' } : { code: 'impossible', votes }
}
