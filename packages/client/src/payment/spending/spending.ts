import type { Address, BuyerAgreement, UnixSec, Wei } from '@archipel/protocol'
import type { BuyerRecords } from '../../records.ts'
import type { Op } from '../../store/index.ts'
import { createLedger, hourKey, type Ledger, type LedgerChange, type Promised } from './ledger.ts'
import { limitError, type SpendingLimits } from './limits.ts'

/** Keeps what a buyer promises below its limits. */
export interface Spending {
  readonly limits: SpendingLimits
  /** Reads what earlier processes promised. To be waited for before anything else; safe to call again. */
  load(): Promise<void>
  /** @throws CodedError E_SPENDING_LIMIT when a job may cost more than any job, or than what is left of the day */
  checkJob(priceMax: Wei, needed: Wei): void
  /** True while `amount` more may be promised to a provider. */
  allows(provider: Address, amount: Wei): boolean
  /**
   * Most that may be locked with a provider for promises to come; undefined without a limit. `idle` is what already lies
   * unpromised in channels to anybody: a day's limit is not locked twice.
   */
  room(provider: Address, idle: Wei): Wei | undefined
  /**
   * Sets `amount` aside for an agreement about to be made. Synchronous, so that two jobs cannot both take what is left.
   *
   * @throws CodedError E_SPENDING_LIMIT
   */
  claim(provider: Address, amount: Wei): Claim
  /** What a new agreement changes, for the batch that stores it. */
  promise(agreement: BuyerAgreement): Op[]
  /** What a change of an agreement changes, for the batch that stores it. */
  follow(before: BuyerAgreement, after: BuyerAgreement): Op[]
  /** An agreement that nobody will decide upon any more: what it did not draw counts no longer. */
  giveBack(agreement: BuyerAgreement): Promise<void>
  /** What earlier processes promised and did not see the end of. */
  promised(): readonly Promised[]
  state(): SpendingState
}

export interface Claim {
  /** Once the agreement counts, or was not made. Safe to call twice. */
  release(): void
}

/** How a buyer stands against its limits. */
export interface SpendingState {
  readonly limits: SpendingLimits
  /** Promised in the last 24 hours, less what was given back. */
  readonly spent: Wei
  readonly providers: readonly { readonly provider: Address; readonly spent: Wei }[]
  /** When the oldest of it leaves the window; undefined when there is none. */
  readonly freesAt: UnixSec | undefined
}

export interface SpendingInit {
  records: Pick<BuyerRecords, 'store' | 'hours' | 'promises'>
  limits: SpendingLimits
  nowSec: () => UnixSec
}

export function createSpending({ records, limits, nowSec }: SpendingInit): Spending {
  let ledger: Ledger = createLedger([], [])
  let loading: Promise<void> | undefined
  const claimed = new Map<Address, Wei>()

  const ops = (changes: readonly LedgerChange[]): Op[] => changes.map(change => opOf(records, change))

  function claimedOf(provider: Address | undefined): Wei {
    if (provider !== undefined) return claimed.get(provider) ?? 0n
    return [...claimed.values()].reduce((sum, amount) => sum + amount, 0n)
  }

  /** @throws CodedError E_SPENDING_LIMIT */
  function check(limit: 'day' | 'provider', needed: Wei, provider?: Address): void {
    const max = limits[limit]
    if (max === undefined) return
    const now = nowSec()
    const spent = ledger.spent(now, provider) + claimedOf(provider)
    if (spent + needed <= max) return
    const freesAt = needed > max ? undefined : ledger.freesAt(spent + needed - max, now, provider)
    throw limitError({ limit, max, spent, needed, freesAt, provider })
  }

  function checkClaim(provider: Address, amount: Wei): void {
    check('day', amount)
    check('provider', amount, provider)
  }

  return {
    limits,
    load() {
      loading ??= (async () => {
        ledger = await readLedger(records)
        const gone = ops(ledger.prune(nowSec()))
        if (gone.length > 0) await records.store.commit(gone)
      })()
      return loading
    },
    checkJob(priceMax, needed) {
      const max = limits.job
      if (max !== undefined && priceMax > max) throw limitError({ limit: 'job', max, spent: 0n, needed: priceMax })
      check('day', needed)
    },
    allows(provider, amount) {
      try {
        checkClaim(provider, amount)
        return true
      } catch {
        return false
      }
    },
    room(provider, idle) {
      const now = nowSec()
      const rooms = [
        limits.day === undefined ? undefined : limits.day - ledger.spent(now) - claimedOf(undefined) - idle,
        limits.provider === undefined ? undefined : limits.provider - ledger.spent(now, provider) - claimedOf(provider)
      ].filter(room => room !== undefined)
      const least = rooms.reduce((a, b) => (b < a ? b : a), rooms[0] ?? 0n)
      return rooms.length === 0 ? undefined : least > 0n ? least : 0n
    },
    claim(provider, amount) {
      checkClaim(provider, amount)
      claimed.set(provider, claimedOf(provider) + amount)
      let isHeld = true
      return {
        release() {
          if (!isHeld) return
          isHeld = false
          const left = claimedOf(provider) - amount
          if (left > 0n) claimed.set(provider, left)
          else claimed.delete(provider)
        }
      }
    },
    promise(agreement) {
      const now = nowSec()
      return ops([...ledger.prune(now), ...ledger.promise(agreement, now)])
    },
    follow: (before, after) => ops(ledger.follow(before, after, nowSec())),
    async giveBack(agreement) {
      const changes = ops(ledger.giveBack(agreement))
      if (changes.length > 0) await records.store.commit(changes)
    },
    promised: () => ledger.promised(),
    state: () => stateOf(ledger, limits, nowSec())
  }
}

/** How a buyer stands, from its books: for whoever only looks. */
export async function readSpending(
  records: Pick<BuyerRecords, 'hours' | 'promises'>,
  limits: SpendingLimits,
  nowSec: UnixSec
): Promise<SpendingState> {
  return stateOf(await readLedger(records), limits, nowSec)
}

async function readLedger({ hours, promises }: Pick<BuyerRecords, 'hours' | 'promises'>): Promise<Ledger> {
  return createLedger(
    await Array.fromAsync(hours.iterate(), ([, each]) => each),
    await Array.fromAsync(promises.iterate(), ([, each]) => each)
  )
}

function stateOf(ledger: Ledger, limits: SpendingLimits, nowSec: UnixSec): SpendingState {
  return {
    limits,
    spent: ledger.spent(nowSec),
    providers: ledger.providers(nowSec).map(provider => ({ provider, spent: ledger.spent(nowSec, provider) })),
    freesAt: ledger.freesAt(1n, nowSec)
  }
}

function opOf({ hours, promises }: SpendingInit['records'], change: LedgerChange): Op {
  switch (change.type) {
    case 'hour':
      return hours.put(hourKey(change.value.hour, change.value.provider), change.value)
    case 'hour-gone':
      return hours.del(hourKey(change.hour, change.provider))
    case 'promised':
      return promises.put(change.value.agreement, change.value)
    case 'promised-gone':
      return promises.del(change.agreement)
  }
}
