import {
  type Address,
  type AgreementId,
  type BuyerAgreement,
  type ChannelId,
  RECEIPT_TICK,
  type UnixSec,
  type Wei
} from '@archipel/protocol'
import { HOUR_SEC, WINDOW_SEC } from './limits.ts'

/** What was promised to one provider in one hour, less what was given back of it since. */
export interface HourSpent {
  /** Hours since 1970. */
  readonly hour: number
  readonly provider: Address
  readonly spent: Wei
}

/** What an agreement may still draw: counted in the hour it was made, until it is over. */
export interface Promised {
  readonly agreement: AgreementId
  readonly provider: Address
  readonly channel: ChannelId
  readonly hour: number
  readonly amount: Wei
  /** Kept no longer than this, whatever became of the agreement. */
  readonly until: UnixSec
}

/** A record of the ledger that is now another, or gone. */
export type LedgerChange =
  | { readonly type: 'hour'; readonly value: HourSpent }
  | { readonly type: 'hour-gone'; readonly hour: number; readonly provider: Address }
  | { readonly type: 'promised'; readonly value: Promised }
  | { readonly type: 'promised-gone'; readonly agreement: AgreementId }

/**
 * What a buyer promised in the last day. Each agreement counts in full from the moment it is made; when it is over, what
 * was not paid of it is given back. So at every moment the sum is what the buyer's signatures can cost it at most.
 *
 * Every method changes the ledger in memory and returns the records that changed, to be stored in the same batch as the
 * agreement or payment that caused it: after a crash both have happened, or neither has.
 */
export interface Ledger {
  /** Counts a new agreement. */
  promise(agreement: BuyerAgreement, nowSec: UnixSec): LedgerChange[]
  /** Takes account of a change of an agreement. */
  follow(before: BuyerAgreement, after: BuyerAgreement, nowSec: UnixSec): LedgerChange[]
  /** Gives back what an agreement cannot draw any more, because nobody will decide upon it. */
  giveBack(agreement: BuyerAgreement): LedgerChange[]
  /** Forgets what is outside the window: looks once an hour. */
  prune(nowSec: UnixSec): LedgerChange[]
  /** Sum over the window, of one provider or of all. Hours ahead of the clock count: it may have been set back. */
  spent(nowSec: UnixSec, provider?: Address): Wei
  /** When at least `amount` will have left the window; undefined when there is not that much in it. */
  freesAt(amount: Wei, nowSec: UnixSec, provider?: Address): UnixSec | undefined
  /** Everybody something was promised to within the window. */
  providers(nowSec: UnixSec): Address[]
  promised(): readonly Promised[]
}

export function createLedger(hours: Iterable<HourSpent>, open: Iterable<Promised>): Ledger {
  const spentIn = new Map<string, HourSpent>()
  for (const each of hours) spentIn.set(hourKey(each.hour, each.provider), each)
  const promised = new Map<AgreementId, Promised>()
  for (const each of open) promised.set(each.agreement, each)

  function add(hour: number, provider: Address, amount: Wei): LedgerChange[] {
    if (amount === 0n) return []
    sums = undefined
    const key = hourKey(hour, provider)
    const before = spentIn.get(key)
    // Nothing is given back to an hour that has left the window.
    if (before === undefined && amount < 0n) return []
    const value: HourSpent = { hour, provider, spent: (before?.spent ?? 0n) + amount }
    if (value.spent <= 0n) {
      spentIn.delete(key)
      return [{ type: 'hour-gone', hour, provider }]
    }
    spentIn.set(key, value)
    return [{ type: 'hour', value }]
  }

  /** Leaves `keep` of what was promised. */
  function settle(entry: Promised, keep: Wei, paid: Wei): LedgerChange[] {
    const changes = add(entry.hour, entry.provider, keep - entry.amount)
    if (keep > paid) {
      const value: Promised = { ...entry, amount: keep }
      promised.set(entry.agreement, value)
      return [...changes, { type: 'promised', value }]
    }
    promised.delete(entry.agreement)
    return [...changes, { type: 'promised-gone', agreement: entry.agreement }]
  }

  let prunedAt: number | undefined
  /** Sums of the window, until anything changes: a market is asked about provider by provider. */
  let sums: { hour: number; all: Wei; of: Map<Address, Wei> } | undefined

  function sumsAt(nowSec: UnixSec): NonNullable<typeof sums> {
    if (sums?.hour === hourOf(nowSec)) return sums
    const of = new Map<Address, Wei>()
    let all = 0n
    for (const { provider, spent } of counted(nowSec, undefined)) {
      of.set(provider, (of.get(provider) ?? 0n) + spent)
      all += spent
    }
    sums = { hour: hourOf(nowSec), all, of }
    return sums
  }

  const counted = (nowSec: UnixSec, provider: Address | undefined): HourSpent[] =>
    [...spentIn.values()].filter(each => leavesAt(each.hour) > nowSec && (provider ?? each.provider) === each.provider)

  return {
    promise({ id, channel, offer, bid, demand }, nowSec) {
      const { provider } = offer.body
      const value: Promised = {
        agreement: id,
        provider,
        channel,
        hour: hourOf(nowSec),
        amount: bid.body.priceMax,
        until: demand.body.deadline + WINDOW_SEC
      }
      promised.set(id, value)
      return [...add(value.hour, provider, value.amount), { type: 'promised', value }]
    },
    follow(before, after, nowSec) {
      const entry = promised.get(after.id)
      // Paid without being counted before: given back too early, or agreed on by a version that kept no ledger.
      if (entry === undefined) return add(hourOf(nowSec), after.offer.body.provider, after.paid - before.paid)
      if (isOpen(after)) return []
      const keep = drawable(after, entry.amount)
      return keep === entry.amount && keep > after.paid ? [] : settle(entry, keep, after.paid)
    },
    giveBack(agreement) {
      const entry = promised.get(agreement.id)
      return entry === undefined ? [] : settle(entry, drawable(agreement, entry.amount), agreement.paid)
    },
    prune(nowSec) {
      if (prunedAt === hourOf(nowSec)) return []
      prunedAt = hourOf(nowSec)
      const oldHours = [...spentIn.values()].filter(({ hour }) => leavesAt(hour) <= nowSec)
      const oldPromises = [...promised.values()].filter(({ until }) => until <= nowSec)
      for (const { hour, provider } of oldHours) spentIn.delete(hourKey(hour, provider))
      for (const { agreement } of oldPromises) promised.delete(agreement)
      return [
        ...oldHours.map(({ hour, provider }) => ({ type: 'hour-gone', hour, provider }) as const),
        ...oldPromises.map(({ agreement }) => ({ type: 'promised-gone', agreement }) as const)
      ]
    },
    spent(nowSec, provider) {
      const { all, of } = sumsAt(nowSec)
      return provider === undefined ? all : (of.get(provider) ?? 0n)
    },
    freesAt(amount, nowSec, provider) {
      let freed = 0n
      for (const { hour, spent } of counted(nowSec, provider).sort((a, b) => a.hour - b.hour)) {
        freed += spent
        if (freed >= amount) return leavesAt(hour)
      }
      return undefined
    },
    providers: nowSec => [...sumsAt(nowSec).of.keys()].sort(),
    promised: () => [...promised.values()]
  }
}

/** Keys sort by hour. */
export function hourKey(hour: number, provider: Address): string {
  return `${String(hour).padStart(10, '0')}/${provider}`
}

function hourOf(sec: UnixSec): number {
  return Math.floor(sec / HOUR_SEC)
}

/** When the last second of an hour is a whole window ago. */
function leavesAt(hour: number): UnixSec {
  return (hour + 1) * HOUR_SEC + WINDOW_SEC
}

function isOpen({ phase }: BuyerAgreement): boolean {
  return phase.code === 'agreed' || phase.code === 'delivered'
}

/** Most that an agreement which is over will ever draw: a tick that came before may be on its way to being paid. */
function drawable({ receipts, paidReceipts, paid }: BuyerAgreement, promised: Wei): Wei {
  const ticked = receipts.slice(paidReceipts).findLast(({ body }) => body.kind === RECEIPT_TICK)?.body.amount ?? paid
  return ticked < promised ? ticked : promised
}
