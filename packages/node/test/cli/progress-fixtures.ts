import type { Replica } from '@archipel/client'
import type { Address, AgreementId, Hash } from '@archipel/protocol'

export const JOB: Hash = `0x${'10'.repeat(32)}`
export const DIGEST: Hash = `0x${'d1'.repeat(32)}`
export const PROVIDER: Address = `0x${'a1'.repeat(20)}`
export const OTHER: Address = `0x${'b2'.repeat(20)}`

/** One replica as the client tells of it. */
export function replica(change: Partial<Replica> = {}): Replica {
  return {
    provider: PROVIDER,
    operator: `0x${'0e'.repeat(20)}`,
    region: 'eu-west',
    state: 'running',
    agreement: `0x${'a9'.repeat(32)}` as AgreementId,
    digest: undefined,
    paid: 0n,
    priceMax: 2n * 10n ** 14n,
    runMs: undefined,
    fuel: undefined,
    failure: undefined,
    ...change
  }
}
