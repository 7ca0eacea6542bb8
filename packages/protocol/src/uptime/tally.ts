import { type Hash, type Hex, toHex } from '../primitives/hex.ts'
import { hash, type Infer, struct, uint } from '../schema/index.ts'
import { type Signed, signed } from '../signature/index.ts'
import type { ServiceTerms } from './terms.ts'

/**
 * What somebody has seen of a service so far. Cumulative, like a voucher: a later one replaces all earlier ones. Signed by
 * witnesses, or by the buyer to pay by itself.
 */
export const uptimeTallyType = struct('UptimeTally', {
  /** Digest of the {@link ServiceTerms}. */
  terms: hash(),
  /** Newest lease epoch of the slot that is counted in. */
  epoch: uint(64),
  /** Intervals that a quorum's votes certify as served. */
  up: uint(32),
  /** Intervals that a quorum's votes certify as not served. */
  down: uint(32),
  /** How many intervals were looked at. */
  through: uint(32)
})
export type UptimeTally = Infer<typeof uptimeTallyType>
export const signedUptimeTallyType = signed(uptimeTallyType)
export type SignedUptimeTally = Signed<UptimeTally>

/** A witness's tally with its place in the terms' list. */
export interface WitnessTally {
  readonly witness: number
  readonly tally: SignedUptimeTally
}

/** Who voted for what about one interval, by place in the terms' list. Whoever voted both ways is in both. */
export interface IntervalVotes {
  readonly up: readonly number[]
  readonly down: readonly number[]
}

/**
 * The tally that an honest witness signs: it counts certificates, a quorum's votes for an interval, and never what it saw
 * itself. (Each of five may miss another interval while three see every one: see `docs/uptime.md` of the contracts.)
 * An interval that is certified both ways counts as neither.
 *
 * @param intervals votes that it holds about intervals 0, 1, 2 …
 */
export function tallyOf(
  terms: Pick<ServiceTerms, 'quorum' | 'witnesses'>,
  digest: Hash,
  epoch: number,
  intervals: readonly IntervalVotes[]
): UptimeTally {
  let [up, down] = [0, 0]
  for (const votes of intervals) {
    const isUp = isCertified(terms, votes.up)
    const isDown = isCertified(terms, votes.down)
    if (isUp && !isDown) up++
    if (isDown && !isUp) down++
  }
  return { terms: digest, epoch, up, down, through: intervals.length }
}

function isCertified({ quorum, witnesses }: Pick<ServiceTerms, 'quorum' | 'witnesses'>, votes: readonly number[]) {
  return (
    new Set(votes.filter(place => Number.isInteger(place) && place >= 0 && place < witnesses.length)).size >= quorum
  )
}

/** A witness's tally as `Uptime` takes it. */
export interface UptimeStatement {
  readonly witness: number
  readonly epoch: number
  readonly up: number
  readonly down: number
  readonly through: number
  readonly r: Hex
  readonly vs: Hex
}

/** Tallies as `Uptime` takes them: in order of the terms' list. */
export function toStatements(tallies: readonly WitnessTally[]): UptimeStatement[] {
  return [...tallies]
    .sort((a, b) => a.witness - b.witness)
    .map(({ witness, tally: { body, signature } }) => ({
      witness,
      epoch: body.epoch,
      up: body.up,
      down: body.down,
      through: body.through,
      r: toHex(signature.subarray(0, 32)),
      vs: toHex(signature.subarray(32))
    }))
}
