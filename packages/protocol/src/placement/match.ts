import type { Wei } from '../primitives/hex.ts'

/** Something that belongs to one operator and sits in one failure domain. */
export interface Candidate<T> {
  readonly operator: string
  readonly domain: string
  readonly price: Wei
  readonly item: T
}

/** The cheapest way found so far to a domain: the candidate that would take it, and the domain that one moves from. */
interface Step<T> {
  readonly cost: Wei
  readonly candidate: Candidate<T>
  readonly from: string | undefined
}

/**
 * The cheapest `count` candidates of which no two share an operator or a domain; as many as there are if there are fewer.
 *
 * Taking the cheapest one after another is not enough: the cheapest offer of one region may use up the only operator of
 * another. This is minimum-cost bipartite matching (operators × domains) by successive shortest augmenting paths.
 * At most `count` rounds over all candidates, each with at most `count` more over those of operators already taken.
 *
 * @param candidates cheapest first; the order also breaks ties, so equal lists give equal choices
 */
export function cheapestApart<T>(candidates: readonly Candidate<T>[], count: number): Candidate<T>[] {
  const edges = cheapestOfEachPair(candidates)
  const byOperator = Map.groupBy(edges, ({ operator }) => operator)
  const takenBy = new Map<string, Candidate<T>>()
  while (takenBy.size < count) {
    const steps = shortestSteps(edges, byOperator, takenBy)
    const target = cheapestFree(steps, takenBy)
    if (target === undefined) break
    for (let domain: string | undefined = target; domain !== undefined; ) {
      const step = steps.get(domain) as Step<T>
      takenBy.set(domain, step.candidate)
      domain = step.from
    }
  }
  const chosen = new Set(takenBy.values())
  return edges.filter(edge => chosen.has(edge))
}

function cheapestOfEachPair<T>(candidates: readonly Candidate<T>[]): Candidate<T>[] {
  const pairs = new Map<string, Candidate<T>>()
  for (const candidate of candidates) {
    const pair = JSON.stringify([candidate.operator, candidate.domain])
    if (!pairs.has(pair)) pairs.set(pair, candidate)
  }
  return [...pairs.values()]
}

/** For each domain, the cheapest change that fills it: a free operator, or one that leaves its domain to another. */
function shortestSteps<T>(
  edges: readonly Candidate<T>[],
  byOperator: ReadonlyMap<string, readonly Candidate<T>[]>,
  takenBy: ReadonlyMap<string, Candidate<T>>
): Map<string, Step<T>> {
  const busy = new Set([...takenBy.values()].map(({ operator }) => operator))
  const steps = new Map<string, Step<T>>()
  const offer = (step: Step<T>): boolean => {
    const known = steps.get(step.candidate.domain)
    if (known !== undefined && known.cost <= step.cost) return false
    steps.set(step.candidate.domain, step)
    return true
  }
  for (const candidate of edges) {
    if (!busy.has(candidate.operator)) offer({ cost: candidate.price, candidate, from: undefined })
  }
  // Each round makes paths one move longer; no path has more moves than domains are taken.
  for (let round = 0, changed = true; changed && round < takenBy.size; round++) {
    changed = false
    for (const [from, current] of takenBy) {
      const reached = steps.get(from)
      if (reached === undefined) continue
      for (const candidate of byOperator.get(current.operator) ?? []) {
        if (candidate.domain === from) continue
        if (offer({ cost: reached.cost - current.price + candidate.price, candidate, from })) changed = true
      }
    }
  }
  return steps
}

function cheapestFree<T>(
  steps: ReadonlyMap<string, Step<T>>,
  takenBy: ReadonlyMap<string, unknown>
): string | undefined {
  let best: string | undefined
  for (const [domain, { cost }] of steps) {
    if (takenBy.has(domain)) continue
    if (best === undefined || cost < (steps.get(best) as Step<T>).cost) best = domain
  }
  return best
}
