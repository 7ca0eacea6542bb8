import { CodedError } from '../errors.ts'
import { CLOCK_SKEW_SEC_MAX, DEADLINE_AHEAD_SEC_MAX, DURATION_SEC_MAX } from '../limits.ts'
import type { Hash, UnixSec } from '../primitives/hex.ts'
import { type Recover, type Signed, type SigningDomain, signed, verify } from '../signature/index.ts'
import { type Demand, demandType } from './demand.ts'

export const signedDemandType = signed(demandType)
export type SignedDemand = Signed<Demand>

/**
 * Checks a Demand on its own; whether a provider can and wants to serve it is the provider's business.
 *
 * @returns the Demand's digest
 * @throws CodedError E_DEMAND_LATE, E_DEMAND_ABSURD, E_BAD_SIGNATURE
 */
export function validateDemand(
  demand: SignedDemand,
  { domain, recover, nowSec }: { domain: SigningDomain; recover: Recover; nowSec: UnixSec }
): Hash {
  const { body } = demand
  if (body.deadline <= nowSec) {
    throw new CodedError('E_DEMAND_LATE', 'the deadline of the demand has passed', {
      facts: { deadline: body.deadline, nowSec }
    })
  }
  const absurd =
    body.durationSec < 1 || body.durationSec > DURATION_SEC_MAX
      ? `durationSec is not 1…${DURATION_SEC_MAX}`
      : body.deadline > nowSec + DEADLINE_AHEAD_SEC_MAX + CLOCK_SKEW_SEC_MAX
        ? 'the deadline is too far ahead'
        : body.priceMax === 0n
          ? 'the price ceiling is zero'
          : body.workload.program.length === 0
            ? 'no program is named'
            : body.workload.env.some(entry => !entry.includes('='))
              ? 'an environment entry is not KEY=value'
              : [...body.workload.env, ...body.workload.args].some(entry => entry.includes('\0'))
                ? 'an argument holds a NUL'
                : undefined
  if (absurd !== undefined)
    throw new CodedError('E_DEMAND_ABSURD', `the demand is absurd: ${absurd}`, { facts: { absurd } })
  return verify(demand, body.buyer, { domain, recover, type: demandType }).digest
}
