import {
  type Address,
  type AgreementId,
  amountDue,
  type Bid,
  type Demand,
  type ProviderAgreement,
  tickWork,
  type UnixSec,
  type Wei
} from '@archipel/protocol'

/**
 * Whom we still trust with more work. One agreement is protected by its tick; this bounds how many results a buyer can
 * take without ever paying: results delivered, and work done, longer ago than the credit its Bid gave.
 */
export interface Credit {
  /** Notes what became of an agreement. */
  see(state: ProviderAgreement): void
  /** True while the buyer may be given more work, of which `more` would be unpaid at most at any time. */
  isGood(buyer: Address, more?: Wei): boolean
}

/**
 * Most of an agreement that is unpaid at any time while it runs: what starting costs and one tick, but never more than the
 * whole of it.
 */
export function exposureOf(demand: Pick<Demand, 'fuel'>, bid: Bid): Wei {
  return amountDue(bid, demand, tickWork(demand, bid.tickSec))
}

/** What the buyer owes for an agreement, or may come to owe before we stop. */
function unpaidOf(state: ProviderAgreement): Wei {
  const due = state.receipts.at(-1)?.amount ?? 0n
  const owed = due > state.paid ? due - state.paid : 0n
  if (state.phase.code !== 'running') return owes(state) ? owed : 0n
  const most = exposureOf(state.demand.body, state.bid.body)
  return owed > most ? owed : most
}

/** What is done and not paid: a result, or receipts of an agreement that failed. */
export function owes({ phase, receipts, paidReceipts }: ProviderAgreement): boolean {
  return phase.code === 'delivered' || (phase.code === 'failed' && receipts.length > paidReceipts)
}

/** A job whose quorum was against us stays unpaid for an honest reason, and connections break: some are forgiven. */
export const OVERDUE_MAX = 16
/** An old debt is written off: a buyer with one bad day is not refused for ever. */
export const WRITE_OFF_SEC = 24 * 3600
/** Debts remembered: beyond it the oldest are forgotten, which errs on the side of serving. */
const DEBTS_MAX = 65_536

interface Debt {
  readonly buyer: Address
  /** When payment should have come. */
  readonly dueAt: UnixSec
}

/** @param unpaidMax most that one buyer may owe, over all of its agreements at once; undefined: any */
export function createCredit(nowSec: () => UnixSec, unpaidMax?: Wei): Credit {
  const unpaid = new Map<Address, Map<AgreementId, Wei>>()

  function note(buyer: Address, id: AgreementId, amount: Wei): void {
    const own = unpaid.get(buyer) ?? new Map<AgreementId, Wei>()
    if (amount > 0n) unpaid.set(buyer, own.set(id, amount))
    else if (own.delete(id) && own.size === 0) unpaid.delete(buyer)
  }

  const debts = new Map<AgreementId, Debt>()

  return {
    see(state) {
      const { id, demand, bid, receipts } = state
      if (unpaidMax !== undefined) note(demand.body.buyer, id, unpaidOf(state))
      if (!owes(state)) {
        debts.delete(id)
        return
      }
      if (debts.has(id)) return
      debts.set(id, { buyer: demand.body.buyer, dueAt: (receipts.at(-1)?.issuedAt ?? nowSec()) + bid.body.tickSec })
      if (debts.size > DEBTS_MAX) debts.delete(debts.keys().next().value as AgreementId)
    },
    isGood(buyer, more = 0n) {
      if (unpaidMax !== undefined) {
        let sum = more
        for (const amount of unpaid.get(buyer)?.values() ?? []) sum += amount
        if (sum > unpaidMax) return false
      }
      const now = nowSec()
      let overdue = 0
      for (const [id, debt] of debts) {
        if (debt.dueAt + WRITE_OFF_SEC < now) {
          debts.delete(id)
          note(debt.buyer, id, 0n)
        } else if (debt.buyer === buyer && debt.dueAt < now && ++overdue > OVERDUE_MAX) return false
      }
      return true
    }
  }
}
