import type { Address, AgreementId, CaseKind, CaseSide, Hash, UnixSec, Wei } from '@archipel/protocol'
import { type DisputeRecord, spentOf } from './record.ts'

/** What a party holds that speaks for it. */
export interface DisputeEvidence {
  /** Signed by the provider, of the agreement that the buyer signed. */
  readonly receipts: number
  /** How many of them vouchers pay for, and what those come to. */
  readonly paidReceipts: number
  readonly paid: Wei
  /** Parts of the output that a claim commits to; 0 for none. */
  readonly dataChunks: number
  /** A secret that binds us, kept for drawing the jury. What it is, nobody is told. */
  readonly hasSecret: boolean
}

/** A case as it is told to people and programs: without its secret. */
export interface DisputeSummary
  extends Pick<
    DisputeRecord,
    'id' | 'kind' | 'side' | 'counterparty' | 'amount' | 'since' | 'channel' | 'fromBlock' | 'steps' | 'end'
  > {
  readonly id: Hash
  readonly kind: CaseKind
  readonly side: CaseSide
  readonly agreement: AgreementId
  readonly counterparty: Address
  /** `opening`, a phase of the court, or how it ended. */
  readonly phase: string
  readonly next: Omit<NonNullable<DisputeRecord['next']>, 'phase'> | undefined
  readonly untilSec: UnixSec | undefined
  readonly spentWei: bigint
  readonly evidence: DisputeEvidence
}

/** @param agreement what the books have of it, if they have it */
export function summaryOf(
  record: DisputeRecord,
  agreement: { receipts: readonly unknown[]; paidReceipts: number; paid: Wei } | undefined
): DisputeSummary {
  const { seed, opening, delivered, next, ...told } = record
  return {
    ...told,
    phase: record.end?.outcome ?? next?.phase ?? 'opening',
    next:
      next === undefined
        ? undefined
        : { type: next.type, what: next.what, untilSec: next.untilSec, missing: next.missing },
    untilSec: next?.untilSec,
    spentWei: spentOf(record),
    evidence: {
      receipts: agreement?.receipts.length ?? 0,
      paidReceipts: agreement?.paidReceipts ?? 0,
      paid: agreement?.paid ?? 0n,
      dataChunks: opening?.statement?.dataChunks ?? 0,
      hasSecret: seed !== undefined
    }
  }
}
