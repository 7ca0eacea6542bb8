import { CodedError } from '../errors.ts'
import { ARGV_BYTES_MAX, CLOCK_SKEW_SEC_MAX, DEADLINE_AHEAD_SEC_MAX, DURATION_SEC_MAX } from '../limits.ts'
import { FUEL_PER_SEC_MAX } from '../measure/measure.ts'
import type { Hash, UnixSec } from '../primitives/hex.ts'
import { encode as encodeUtf8 } from '../schema/utf8.ts'
import { type Recover, type Signed, type SigningDomain, signed, verify } from '../signature/index.ts'
import { type Demand, demandType } from './demand.ts'

/** Runtimes whose work is counted in fuel. */
const METERED: ReadonlySet<string> = new Set(['wasm'])

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
  const absurd = absurdityOf(body, nowSec)
  if (absurd !== undefined)
    throw new CodedError('E_DEMAND_ABSURD', `the demand is absurd: ${absurd}`, { facts: { absurd } })
  return verify(demand, body.buyer, { domain, recover, type: demandType }).digest
}

/** What no honest buyer asks for; undefined when there is nothing of the kind. */
function absurdityOf(
  { durationSec, fuel, deadline, priceMax, resources, workload }: Demand,
  nowSec: UnixSec
): string | undefined {
  if (durationSec < 1 || durationSec > DURATION_SEC_MAX) return `durationSec is not 1…${DURATION_SEC_MAX}`
  if (fuel > 0 && !METERED.has(workload.runtime)) return `${workload.runtime} counts no fuel`
  if (fuel > durationSec * FUEL_PER_SEC_MAX) return 'there is more fuel than can be burnt in the time'
  if (deadline > nowSec + DEADLINE_AHEAD_SEC_MAX + CLOCK_SKEW_SEC_MAX) return 'the deadline is too far ahead'
  if (priceMax === 0n) return 'the price ceiling is zero'
  if (resources.cpuMillis === 0 || resources.memoryBytes === 0) return 'no cpu or no memory is asked for'
  if (workload.program.length === 0) return 'no program is named'
  if (workload.env.some(entry => entry.indexOf('=') < 1)) return 'an environment entry is not KEY=value'
  const argv = [...workload.args, ...workload.env]
  if (argv.some(entry => entry.includes('\0'))) return 'an argument holds a NUL'
  const argvBytes = argv.reduce((total, entry) => total + encodeUtf8(entry).length, 0)
  if (argvBytes > ARGV_BYTES_MAX) return `arguments and environment are more than ${ARGV_BYTES_MAX} bytes`
  return undefined
}
