import { isCodedError } from './errors.ts'

/**
 * What gossip should think of the sender of something we did not accept.
 *
 * `ignore`: not useful now (old, duplicate, early). `reject`: no honest peer sends this; it costs the sender score.
 */
export type Verdict = 'accept' | 'ignore' | 'reject'

const REJECTED = new Set(['E_MALFORMED', 'E_BAD_SIGNATURE', 'E_OFFER_ABSURD', 'E_OFFER_WRONG_SHARD', 'E_NOT_EQUIVOCAL'])

/** The one place that turns an error into a verdict. A fault of our own is never the sender's: it is ignored. */
export function verdictOf(err: unknown): Exclude<Verdict, 'accept'> {
  return isCodedError(err) && REJECTED.has(err.code) ? 'reject' : 'ignore'
}
