import type { ChannelKey } from '../channel/channel.ts'
import { channelId, channelSigner, decodeMeta } from '../channel/channel.ts'
import { CodedError } from '../errors.ts'
import { CLOCK_SKEW_SEC_MAX, SERVICE_AMOUNT_MAX_BITS, SERVICE_INTERVAL_SEC_MAX, WITNESSES_MAX } from '../limits.ts'
import { type Address, type Hash, sameHex, type UnixSec, ZERO_ADDRESS } from '../primitives/hex.ts'
import { digestOf, type Recover, type SigningDomain, verify } from '../signature/index.ts'
import { type SignedUptimeTally, uptimeTallyType } from './tally.ts'
import { type AgreedTerms, elapsedIntervals, type ServiceTerms, serviceTermsType } from './terms.ts'

export interface UptimeContext {
  domain: SigningDomain
  recover: Recover
  /** The contract that judges. */
  uptime: Address
}

/** Intervals that a close delay has to be longer than: one that is running, one to be certified, one to be redeemed. */
const CLOSE_DELAY_INTERVALS = 3

/**
 * Checks terms as either party does before it relies on them; the contract makes the same checks when they first come
 * to money, except for those marked.
 *
 * @param key of the channel that pays
 * @returns their digest, which names them
 * @throws CodedError E_TERMS_MISMATCH (not this channel's), E_TERMS_ABSURD, E_WITNESSES_INVALID, E_BAD_SIGNATURE
 */
export function validateTerms(
  { terms, buyerSignature, providerSignature }: AgreedTerms,
  key: ChannelKey,
  { domain, recover, uptime }: UptimeContext
): Hash {
  checkParties(terms, key, uptime)
  checkNumbers(terms, decodeMeta(key.meta).closeDelaySec)
  checkWitnesses(terms, [terms.provider, terms.payee, key.payer, channelSigner(key)])
  const checks = { domain, recover, type: serviceTermsType }
  verify({ body: terms, signature: buyerSignature }, channelSigner(key), checks)
  return verify({ body: terms, signature: providerSignature }, terms.provider, checks).digest
}

/**
 * Checks a tally of the witness at a place of the terms' list.
 *
 * @param terms validated ones
 * @returns the tally's digest
 * @throws CodedError E_TALLY_MISMATCH, E_TALLY_IMPOSSIBLE, E_TALLY_AHEAD (not yet useful), E_BAD_SIGNATURE
 */
export function validateTally(
  tally: SignedUptimeTally,
  witness: number,
  terms: ServiceTerms,
  { domain, recover, nowSec }: { domain: SigningDomain; recover: Recover; nowSec: UnixSec }
): Hash {
  const signer = terms.witnesses[witness]
  if (signer === undefined) {
    throw new CodedError('E_TALLY_MISMATCH', 'there is no such witness', { facts: { witness } })
  }
  return checkTally(tally, signer, terms, { domain, recover, nowSec })
}

/**
 * Checks the buyer's own tally: a payment.
 *
 * @param key of the channel that pays
 * @throws as {@link validateTally}
 */
export function validateBuyerTally(
  tally: SignedUptimeTally,
  key: ChannelKey,
  terms: ServiceTerms,
  checks: { domain: SigningDomain; recover: Recover; nowSec: UnixSec }
): Hash {
  return checkTally(tally, channelSigner(key), terms, checks)
}

function checkTally(
  tally: SignedUptimeTally,
  signer: Address,
  terms: ServiceTerms,
  { domain, recover, nowSec }: { domain: SigningDomain; recover: Recover; nowSec: UnixSec }
): Hash {
  const { body } = tally
  const { up, down, through } = body
  if (!sameHex(body.terms, digestOf(domain, serviceTermsType, terms))) {
    throw new CodedError('E_TALLY_MISMATCH', 'the tally is about other terms', { facts: { terms: body.terms } })
  }
  if (up + down > through) {
    throw new CodedError('E_TALLY_IMPOSSIBLE', 'the tally counts more intervals than it looked at', {
      facts: { up, down, through }
    })
  }
  // A chain's clock may be ahead of ours by as much as any peer's.
  const elapsed = elapsedIntervals(terms, nowSec + CLOCK_SKEW_SEC_MAX)
  if (through > elapsed) {
    throw new CodedError('E_TALLY_AHEAD', 'the tally looks at intervals that have not passed', {
      facts: { through, elapsed }
    })
  }
  return verify(tally, signer, { domain, recover, type: uptimeTallyType }).digest
}

function checkParties(terms: ServiceTerms, key: ChannelKey, uptime: Address): void {
  const facts = { channel: terms.channel }
  const mismatch = (what: string): never => {
    throw new CodedError('E_TERMS_MISMATCH', `the terms are not this channel's: another ${what}`, { facts })
  }
  if (!sameHex(terms.channel, channelId(key))) mismatch('channel')
  if (!sameHex(terms.payee, key.payee)) mismatch('payee')
  if (!sameHex(terms.token, key.token)) mismatch('token')
  if (!sameHex(key.arbiter, uptime)) mismatch('arbiter')
}

function checkNumbers(terms: ServiceTerms, closeDelaySec: number): void {
  const { intervalSec, intervalsMax, pricePerInterval, creditPerInterval } = terms
  const absurd = (why: string): never => {
    throw new CodedError('E_TERMS_ABSURD', `the terms are absurd: ${why}`, { facts: { why } })
  }
  // The contract knows no longest interval: it is what each side risks.
  if (intervalSec < 1 || intervalSec > SERVICE_INTERVAL_SEC_MAX) absurd(`intervals are 1…${SERVICE_INTERVAL_SEC_MAX} s`)
  if (intervalsMax < 1) absurd('there is no interval')
  const dearest = pricePerInterval > creditPerInterval ? pricePerInterval : creditPerInterval
  if ((dearest * BigInt(intervalsMax)) >> BigInt(SERVICE_AMOUNT_MAX_BITS) !== 0n) {
    absurd('they come to more than a channel counts')
  }
  // Nor this: a payer that closes must leave time to redeem what is certified.
  if (closeDelaySec < CLOSE_DELAY_INTERVALS * intervalSec) absurd('the channel closes before intervals can be redeemed')
}

function checkWitnesses({ witnesses, quorum }: ServiceTerms, parties: readonly Address[]): void {
  const invalid = (why: string, place?: number): never => {
    throw new CodedError('E_WITNESSES_INVALID', `these witnesses cannot judge: ${why}`, {
      facts: { why, witnesses: witnesses.length, quorum, ...(place === undefined ? {} : { place }) }
    })
  }
  if (witnesses.length < 1 || witnesses.length > WITNESSES_MAX) invalid(`there are 1…${WITNESSES_MAX}`)
  if (2 * quorum <= witnesses.length || quorum > witnesses.length) invalid('a quorum is more than half of them')
  let before: Address = ZERO_ADDRESS
  witnesses.forEach((witness, place) => {
    if (witness.toLowerCase() <= before) invalid('they are not strictly ascending', place)
    if (parties.some(party => sameHex(party, witness))) invalid('one of them is a party', place)
    before = witness.toLowerCase() as Address
  })
}
