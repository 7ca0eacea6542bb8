import { CodedError } from '../errors.ts'
import { REPLICAS_MAX } from '../limits.ts'
import type { Hash } from '../primitives/hex.ts'

/** k of n: a result is accepted once k replicas agree on its digest. */
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
 * @throws CodedError E_QUORUM_ABSURD unless 1 ≤ k ≤ n ≤ {@link REPLICAS_MAX} and k is more than half of n: otherwise two
 * different results could both be the right one
 */
export function validateQuorum({ replicas, quorum }: Quorum): void {
  const absurd =
    !Number.isInteger(replicas) || replicas < 1 || replicas > REPLICAS_MAX
      ? `replicas are not 1…${REPLICAS_MAX}`
      : !Number.isInteger(quorum) || quorum > replicas || 2 * quorum <= replicas
        ? 'the quorum is not more than half of the replicas'
        : undefined
  if (absurd === undefined) return
  throw new CodedError('E_QUORUM_ABSURD', `${quorum} of ${replicas} is no quorum: ${absurd}`, {
    facts: { replicas, quorum, replicasMax: REPLICAS_MAX },
    hint: `${replicas} replicas need a quorum of ${Math.floor(replicas / 2) + 1} or more`
  })
}

/**
 * The first digest to reach k in the order given wins and stays the winner whatever is added after it. That matters
 * although k is more than half of n: a replica given up and replaced may still answer, and with it more than n do.
 *
 * @param digests the result digests in hand in order of arrival, one for each replica that answered
 * @param outstanding replicas that may still answer
 */
export function decideQuorum(
  digests: readonly Hash[],
  outstanding: number,
  { quorum }: Pick<Quorum, 'quorum'>
): QuorumDecision {
  const votes = new Map<Hash, number>()
  for (const digest of digests) {
    const count = (votes.get(digest) ?? 0) + 1
    if (count >= quorum) return { code: 'agreed', digest }
    votes.set(digest, count)
  }
  const most = Math.max(0, ...votes.values())
  return most + outstanding >= quorum ? { code: 'open' } : { code: 'impossible', votes }
}

/**
 * The least fuel that at least `quorum` of those with one result say that it took; undefined where so many do not agree.
 */
export function agreedFuel(claims: readonly number[], quorum: number): number | undefined {
  const counts = new Map<number, number>()
  for (const claim of claims) counts.set(claim, (counts.get(claim) ?? 0) + 1)
  const agreed = [...counts].filter(([, count]) => count >= quorum).map(([fuel]) => fuel)
  return agreed.length === 0 ? undefined : Math.min(...agreed)
}
