import { type Address, CodedError, type UnixSec, type Wei } from '@archipel/protocol'

/** What a buyer lets its client promise. Absent: no limit. */
export interface SpendingLimits {
  /** Most that one job may be allowed to cost: a guard against a mistyped ceiling. */
  readonly job?: Wei | undefined
  /** Most that is promised in any 24 hours. */
  readonly day?: Wei | undefined
  /** Most that is promised to one provider in any 24 hours. */
  readonly provider?: Wei | undefined
}

/** The window of {@link SpendingLimits.day} and {@link SpendingLimits.provider}. */
export const WINDOW_SEC = 24 * 3600
/**
 * What is promised is counted by the hour, so that a day of a million jobs is 25 numbers and not a million. An hour stops
 * counting when all of it is 24 hours ago: a limit may hold up to an hour too long, and never too short.
 */
export const HOUR_SEC = 3600

export interface Refusal {
  readonly limit: keyof SpendingLimits
  readonly max: Wei
  readonly spent: Wei
  readonly needed: Wei
  /** When enough of what is spent will have left the window; undefined when that will not help. */
  readonly freesAt?: UnixSec | undefined
  readonly provider?: Address | undefined
}

const OF: Readonly<Record<keyof SpendingLimits, string>> = {
  job: 'for one job',
  day: 'for a day',
  provider: 'for one provider and day'
}

export function limitError({ limit, max, spent, needed, freesAt, provider }: Refusal): CodedError {
  const raise = `raise the limit ${OF[limit]}`
  return new CodedError('E_SPENDING_LIMIT', `this would go above the limit ${OF[limit]}`, {
    facts: { limit, max, spent, needed, freesAt: freesAt ?? null, ...(provider === undefined ? {} : { provider }) },
    hint: freesAt === undefined ? raise : `${raise}, or wait until ${new Date(freesAt * 1000).toISOString()}`
  })
}
