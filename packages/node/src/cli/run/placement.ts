import {
  CodedError,
  chooseOffers,
  fuelFor,
  isCodedError,
  type Placement,
  quote,
  REJECTION_WORDS,
  type Rejection,
  type VerifiedOffer,
  type Wei
} from '@archipel/protocol'
import type { JobTerms } from './spec.ts'
import { plural, roundUpAmount, tokens } from './words.ts'

/** Who would do a job, and what it would cost at most. */
export interface JobPlan {
  readonly seen: number
  readonly rejected: Placement['rejected']
  readonly chosen: readonly PlannedReplica[]
  /** What the chosen ones come to at most. */
  readonly priceMax: Wei
  /** What the buyer allows. */
  readonly ceiling: Wei
}

export interface PlannedReplica {
  readonly provider: string
  readonly operator: string
  readonly region: string
  readonly site: string
  readonly network: string
  readonly priceMax: Wei
}

/**
 * Chooses as the client will: the cheapest offers that share no domain.
 *
 * @throws CodedError E_NO_OFFERS, its amounts in whole tokens
 */
export function planJob(
  offers: readonly VerifiedOffer[],
  terms: JobTerms,
  token: `0x${string}`,
  nowSec: number
): JobPlan {
  const {
    runtime = 'wasm',
    resources,
    durationSec,
    fuel = fuelFor(durationSec),
    priceMax,
    replicas,
    spread,
    regions = []
  } = terms
  const workload = { runtime, program: new Uint8Array(0), args: [], env: [], input: new Uint8Array(0) }
  const demand = { workload, resources, durationSec, fuel, token, priceMax: priceMax / BigInt(replicas) }
  try {
    const found = chooseOffers(offers, { demand, regions, excluded: new Set(), nowSec, replicas, spread })
    const chosen = found.chosen.map(({ offer: { body } }) => ({
      provider: body.provider,
      operator: body.owner,
      region: body.domains.region,
      site: body.domains.site,
      network: body.domains.network,
      priceMax: quote(body.prices, demand).priceMax
    }))
    const total = chosen.reduce((sum, { priceMax }) => sum + priceMax, 0n)
    return { seen: found.seen, rejected: found.rejected, chosen, priceMax: total, ceiling: priceMax }
  } catch (err) {
    throw inTokens(err, replicas)
  }
}

/** The protocol counts in smallest units; whoever types `--max-price` thinks in tokens. */
function inTokens(err: unknown, replicas: number): unknown {
  if (!isCodedError(err) || err.code !== 'E_NO_OFFERS') return err
  const { cheapest, rejected } = err.facts as { cheapest: Wei | null; rejected: Partial<Record<Rejection, number>> }
  if (cheapest === null || (rejected.price ?? 0) === 0) return err
  return new CodedError(err.code, err.message, {
    facts: { ...err.facts },
    hint: `raise --max-price to ${roundUpAmount(cheapest * BigInt(replicas))}`,
    cause: err
  })
}

/** The plan as lines for people. */
export function planLines({ seen, rejected, chosen, priceMax, ceiling }: JobPlan, symbol: string): string[] {
  const passed = Object.entries(rejected).map(([reason, number]) => `${number} ${REJECTION_WORDS[reason as Rejection]}`)
  const width = Math.max(...chosen.map(({ region }) => region.length))
  return [
    [`${plural(seen, 'offer')} seen`, ...passed, `${chosen.length} chosen`].join(', '),
    ...chosen.map(({ region, provider, priceMax }) => {
      return `  ${region.padEnd(width)}  ${provider}  at most ${tokens(priceMax, symbol)}`
    }),
    `  at most ${tokens(priceMax, symbol)} in all, of ${tokens(ceiling, symbol)} allowed`
  ]
}
