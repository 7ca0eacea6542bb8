import type { Address, AgreementId, ProviderAgreement, UnixSec } from '@archipel/protocol'

/**
 * Whom we still trust with more work. One agreement is protected by its tick; this bounds how many results a buyer can
 * take without ever paying: results delivered, and time used, longer ago than the credit its Bid gave.
 */
export interface Credit {
  /** Notes what became of an agreement. */
  see(state: ProviderAgreement): void
  /** True while the buyer may be given more work. */
  isGood(buyer: Address): boolean
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

export function createCredit(nowSec: () => UnixSec): Credit {
  const debts = new Map<AgreementId, Debt>()

  return {
    see(state) {
      const { id, demand, bid, receipts } = state
      if (!owes(state)) {
        debts.delete(id)
        return
      }
      if (debts.has(id)) return
      debts.set(id, { buyer: demand.body.buyer, dueAt: (receipts.at(-1)?.issuedAt ?? nowSec()) + bid.body.tickSec })
      if (debts.size > DEBTS_MAX) debts.delete(debts.keys().next().value as AgreementId)
    },
    isGood(buyer) {
      const now = nowSec()
      let overdue = 0
      for (const [id, debt] of debts) {
        if (debt.dueAt + WRITE_OFF_SEC < now) debts.delete(id)
        else if (debt.buyer === buyer && debt.dueAt < now && ++overdue > OVERDUE_MAX) return false
      }
      return true
    }
  }
}
