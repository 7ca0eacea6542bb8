import {
  type Address,
  type Equivocation,
  type Harm,
  type Hash,
  sameHex,
  type UnixSec,
  type Wei
} from '@archipel/protocol'
import type { FaultSlash } from '../chain/index.ts'

/** Two contradicting statements, and whose work they were about where that is known. */
export interface Evidence {
  readonly proof: Equivocation
  /** Only for receipts of an agreement of our own. */
  readonly harm?: Harm | undefined
}

/** A fault as it is kept: what proves it, and what has come of it. */
export interface FaultRecord extends Evidence {
  /** What the Bonds contract calls it. */
  readonly id: Hash
  readonly foundAt: UnixSec
  /** When anything below changed last. */
  readonly changedAt: UnixSec
  /** As the chain had it at the last look. */
  readonly punished: boolean
  readonly compensated: Wei
  readonly slashes: readonly SlashRecord[]
  /** What transactions of our own cost that came too late, in the chain's native coin. */
  readonly wastedWei: Wei
  /** Why nothing was reported at the last look; undefined when there was nothing against it. */
  readonly passed?: Passed | undefined
}

export interface SlashRecord extends FaultSlash {
  /** What it cost us, in the chain's native coin; undefined for somebody else's. */
  readonly feeWei?: Wei | undefined
}

/**
 * Why a fault is not worth reporting: nobody answers for the key, nothing of the bond can be taken, it costs more than it
 * brings us, or we were told not to.
 */
export type Passed = 'unbacked' | 'empty' | 'dear' | 'off'

/**
 * `found`: still to be looked at, or on the way. `reported`: punished, by a transaction of ours. `compensated`: the harmed
 * has all that it lost. `punished`: by somebody else, with nothing left for us. `not-worth`: see {@link Passed}.
 */
export type FaultState = 'found' | 'reported' | 'compensated' | 'punished' | 'not-worth'

/** Most that the harmed may get for it: what the agreement could have cost. */
export function lostOf({ harm }: Evidence): Wei {
  return harm?.bid.priceMax ?? 0n
}

/** What of that the harmed has not got. */
export function owedOf(fault: Evidence & Pick<FaultRecord, 'compensated'>): Wei {
  const lost = lostOf(fault)
  return lost > fault.compensated ? lost - fault.compensated : 0n
}

/** @param me whose transactions count as ours */
export function stateOf(fault: FaultRecord, me: Address): FaultState {
  if (fault.compensated > 0n && owedOf(fault) === 0n) return 'compensated'
  if (fault.slashes.some(({ reporter }) => sameHex(reporter, me))) return 'reported'
  if (fault.punished) return 'punished'
  return fault.passed === undefined ? 'found' : 'not-worth'
}

/** What a fault brought an account so far, in tokens, and cost it, in the chain's native coin. */
export function balanceOf(fault: FaultRecord, me: Address): { compensation: Wei; reward: Wei; feeWei: Wei } {
  const own = fault.slashes.filter(({ reporter }) => sameHex(reporter, me))
  const forUs = fault.slashes.filter(({ harmed }) => sameHex(harmed, me))
  return {
    compensation: sum(forUs.map(({ paidHarmed }) => paidHarmed)),
    reward: sum(own.map(({ paidReporter }) => paidReporter)),
    feeWei: fault.wastedWei + sum(own.map(({ feeWei }) => feeWei ?? 0n))
  }
}

function sum(amounts: readonly Wei[]): Wei {
  return amounts.reduce((total, amount) => total + amount, 0n)
}
