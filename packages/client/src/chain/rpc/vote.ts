import type { RpcReply } from './rpc-endpoint.ts'

/** What one endpoint answered. */
export interface Answer {
  readonly endpoint: string
  readonly reply: RpcReply
}

/** Makes answers that mean the same equal. */
export type KeyOf = (result: unknown) => string

export type Verdict =
  | { readonly type: 'agreed'; readonly replies: readonly RpcReply[] }
  /** More answers could still settle it. */
  | { readonly type: 'open' }

/**
 * Counts answers: whatever `quorum` endpoints say alike is believed. A revert is an answer like any other. An error of
 * another kind, such as a limit of that endpoint, is none, unless `quorum` of them have nothing else to say.
 */
export function vote(answers: readonly Answer[], quorum: number, keyOf: KeyOf = plainKey): Verdict {
  const groups = new Map<string, RpcReply[]>()
  for (const { reply } of answers) {
    const key = keyOfReply(reply, keyOf)
    groups.set(key, [...(groups.get(key) ?? []), reply])
  }
  const refusals = groups.get(REFUSED)
  groups.delete(REFUSED)
  for (const replies of groups.values()) if (replies.length >= quorum) return { type: 'agreed', replies }
  if (refusals !== undefined && refusals.length >= quorum) return { type: 'agreed', replies: refusals }
  return { type: 'open' }
}

/** How an answer is written in a vote, and shown when there is no majority. */
export function keyOfReply(reply: RpcReply, keyOf: KeyOf = plainKey): string {
  if (!('error' in reply)) return safely(keyOf, reply.result)
  return isRevert(reply) ? 'reverted' : REFUSED
}

/** An endpoint's own trouble rather than the chain's answer. */
export function isRefusal(reply: RpcReply): boolean {
  return 'error' in reply && !isRevert(reply)
}

const REFUSED = 'refused to answer'

function isRevert(reply: RpcReply): boolean {
  return 'error' in reply && /revert/i.test(reply.error.message)
}

/** An answer of another shape than it should have is an answer, too: nobody else's. */
function safely(keyOf: KeyOf, result: unknown): string {
  try {
    return keyOf(result)
  } catch {
    return plainKey(result)
  }
}

/** Numbers and hashes come in either case. */
function plainKey(result: unknown): string {
  return (JSON.stringify(result) ?? 'undefined').toLowerCase()
}

/** A block as an endpoint's newest. */
export interface Head {
  readonly number: number
  readonly timestampSec: number
}

/**
 * The newest block that `quorum` endpoints have, so that all of them can be asked about it. Who is alone far ahead is
 * not believed, and who is far behind the others is not waited for.
 *
 * @param lagSecMax heads further apart than this are not of one living chain
 * @returns undefined when no `quorum` of them are close to each other
 */
export function commonBlock(heads: readonly Head[], quorum: number, lagSecMax: number): number | undefined {
  const sorted = [...heads].sort((a, b) => b.number - a.number)
  for (let i = 0; i + quorum <= sorted.length; i++) {
    const lowest = sorted[i + quorum - 1]!
    if (Math.abs(sorted[i]!.timestampSec - lowest.timestampSec) <= lagSecMax) return lowest.number
  }
  return undefined
}
