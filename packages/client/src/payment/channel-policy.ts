import type { ChannelId, Wei } from '@archipel/protocol'

export interface ChannelPolicy {
  /** Seconds a payee has to redeem after a close request. */
  readonly closeDelaySec: number
  /** Deposited at least, when something must be deposited: more means fewer transactions, and more money set aside. */
  readonly depositMin: Wei
  /** After a deposit there is enough for so many jobs like the one at hand. */
  readonly depositJobs: number
}

/** An hour: longer than any chain halt a provider should have to sit through awake. */
export const CLOSE_DELAY_SEC = 3600
/** A transaction costs as much as a few jobs: four of them share it, and no buyer finds a day's money locked by one job. */
export const DEPOSIT_JOBS = 4
/** The escrow counts deposits in 104 bits. */
export const DEPOSIT_MAX: Wei = 2n ** 104n - 1n

/** A channel to the provider wanted, as far as it is known. */
export interface KnownChannel {
  readonly id: ChannelId
  readonly deposit: Wei
  /** Promised by vouchers. */
  readonly cumulative: Wei
  /** Set aside for agreements under way. */
  readonly reserved: Wei
  /** A close was requested, or is wanted: no new work. */
  readonly isClosing: boolean
  /** Names another arbiter than channels do that are opened now: what is in it is used up, and nothing is paid in. */
  readonly isOutdated: boolean
  /** What is said of it was read from the chain, or from a transaction of ours, by this process. */
  readonly isFresh: boolean
}

export interface ChannelQuestion {
  /** What the agreement at hand may come to. */
  readonly need: Wei
  /** What else the same job may need: not to be locked here. */
  readonly keep: Wei
  readonly channels: readonly KnownChannel[]
  /** True once all of them were read for this very question: nothing is paid in on what was true some time ago. */
  readonly hasLooked: boolean
  /** The balance in the escrow; undefined when nobody has looked. */
  readonly balance: Wei | undefined
  /** Deposits sent and not known to be mined: the balance may still contain them, or not. */
  readonly underWay: Wei
  /** Most that may lie in the channel unpromised, by the buyer's limits; undefined: any. */
  readonly room: Wei | undefined
  readonly policy: Pick<ChannelPolicy, 'depositMin' | 'depositJobs'>
}

export type ChannelDecision =
  | { readonly type: 'reuse'; readonly id: ChannelId }
  /** The chain has to be asked first. */
  | { readonly type: 'look'; readonly at: 'channels' | 'balance' }
  | { readonly type: 'open'; readonly amount: Wei }
  | { readonly type: 'top-up'; readonly id: ChannelId; readonly amount: Wei }
  /** Until a deposit that is under way is mined or failed. */
  | { readonly type: 'wait' }
  | { readonly type: 'refuse'; readonly missing: Wei; readonly balance: Wei }

/**
 * Where the money for an agreement comes from. Pure: it is asked again with more facts until it needs no more of them.
 *
 * What has to be deposited is deposited with some more, so that the next jobs need no transaction; of that more, nothing is
 * taken from what the job needs elsewhere, from deposits under way, or beyond what the limits let the buyer promise.
 */
export function decideChannel(question: ChannelQuestion): ChannelDecision {
  const { need, channels, hasLooked, balance, underWay } = question
  const usable = channels.filter(isUsable).sort(preferred)
  const ready = usable.find(channel => channel.isFresh && freeOf(channel) >= need)
  if (ready !== undefined) return { type: 'reuse', id: ready.id }
  if (!hasLooked && usable.length > 0) return { type: 'look', at: 'channels' }
  if (balance === undefined) return { type: 'look', at: 'balance' }

  const available = balance - underWay
  const best = usable.find(channel => !channel.isOutdated)
  const missing = best === undefined ? need : need - freeOf(best)
  if (best !== undefined && missing <= available && best.deposit + missing <= DEPOSIT_MAX) {
    const amount = least(amountFor(missing, freeOf(best), available, question), DEPOSIT_MAX - best.deposit)
    return { type: 'top-up', id: best.id, amount }
  }
  // A channel that is short of what it promised before is not worth more than a new one.
  if (need <= available && need <= DEPOSIT_MAX) {
    return { type: 'open', amount: least(amountFor(need, 0n, available, question), DEPOSIT_MAX) }
  }
  const short = best !== undefined && missing < need ? missing : need
  return short <= balance && underWay > 0n ? { type: 'wait' } : { type: 'refuse', missing: short, balance }
}

/** What a channel can pay beyond what is promised and set aside. Below zero when the chain took a deposit back. */
export function freeOf({
  deposit,
  cumulative,
  reserved
}: Pick<KnownChannel, 'deposit' | 'cumulative' | 'reserved'>): Wei {
  return deposit - cumulative - reserved
}

/** First those that name the arbiter of today, and of these the fullest. */
function preferred(a: KnownChannel, b: KnownChannel): number {
  return Number(a.isOutdated) - Number(b.isOutdated) || (freeOf(a) < freeOf(b) ? 1 : -1)
}

/** Once closed, a channel holds less than its vouchers promised, if the payee came too late: old debt, not for new work. */
function isUsable({ isClosing, deposit, cumulative }: KnownChannel): boolean {
  return !isClosing && deposit >= cumulative
}

function amountFor(missing: Wei, free: Wei, available: Wei, { need, keep, room, policy }: ChannelQuestion): Wei {
  const target = most(policy.depositMin, need * BigInt(policy.depositJobs) - most(0n, free))
  const extras = [target - missing, available - missing - keep, ...(room === undefined ? [] : [room])]
  return missing + most(0n, extras.reduce(least))
}

function least(a: Wei, b: Wei): Wei {
  return a < b ? a : b
}

function most(a: Wei, b: Wei): Wei {
  return a > b ? a : b
}
