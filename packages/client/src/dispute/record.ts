import type {
  Address,
  AgreementId,
  CaseAction,
  CaseFiling,
  CaseKind,
  CaseMove,
  CaseOutcome,
  CaseSide,
  ChannelKey,
  ClaimStatement,
  Hash,
  Result,
  UnixSec,
  Wei
} from '@archipel/protocol'
import { CASE_STEPS_MAX } from './limits.ts'

/**
 * What a party keeps of a case of its own. The case itself is on the chain and is read there each time; here is what the
 * chain does not have: the secret, what was sent and what that cost. The signed messages that are evidence are in the books
 * of agreements and channels.
 */
export interface DisputeRecord {
  readonly id: Hash
  readonly kind: CaseKind
  readonly side: CaseSide
  readonly agreement: AgreementId
  readonly channel: ChannelKey
  /** The other party's key: a node's, or a buyer's. */
  readonly counterparty: Address
  /** What it is about, in the channel's token. */
  readonly amount: Wei
  /**
   * What our secrets grow from, 32 random bytes. Stored before the chain is told of their anchor: who forgets it loses the
   * case. Undefined while we are bound to nothing.
   */
  readonly seed: Hash | undefined
  /** Its events are searched for from this block on. */
  readonly fromBlock: number
  readonly since: UnixSec
  /** What opens it, for as long as it is not open: a filing is sent again until the chain has it. */
  readonly opening: DisputeOpening | undefined
  /** What the delivered output is, where we delivered it: kept until the end. */
  readonly delivered: Pick<Result, 'stdout' | 'output'> | undefined
  readonly steps: readonly DisputeStep[]
  /** How it ended; undefined while it runs. */
  readonly end: DisputeEnd | undefined
  /** What was last decided on: told once, and shown until the next look. */
  readonly next: DisputeNext | undefined
}

export interface DisputeOpening {
  readonly filing: Omit<CaseFiling, 'anchor'>
  /** Of a claim. */
  readonly statement: ClaimStatement | undefined
  /** Not sent any more from then on. */
  readonly bySec: UnixSec
}

/** A transaction of ours. */
export interface DisputeStep {
  readonly action: CaseAction['type'] | 'claim' | 'fault' | 'deposit' | 'withdraw'
  readonly atSec: UnixSec
  /** Undefined for one that was sent, and whose end this process, or the one before it, did not see. */
  readonly transaction: Hash | undefined
  readonly feeWei: bigint | undefined
  /** Put into the case with it, in the stake token. */
  readonly stake: Wei
}

export interface DisputeEnd {
  /** `dropped`: it was never opened, and will not be. */
  readonly outcome: CaseOutcome | 'dropped'
  /** What the channel or the bond paid, and how much less was due because vouchers had. */
  readonly awarded: Wei
  readonly credited: Wei
  /** When we saw it, and in which block it was by then. */
  readonly atSec: UnixSec
  readonly atBlock: number
}

/** A decision in the form in which it is stored. */
export interface DisputeNext {
  readonly type: CaseMove['type']
  /** The action, what is waited for, or why it is left alone. */
  readonly what: string
  readonly untilSec: UnixSec | undefined
  /** Tokens that are missing for a stake. */
  readonly missing: Wei
  readonly phase: string
}

export function isOpen({ end }: DisputeRecord): boolean {
  return end === undefined
}

/** Spent on transactions that are known to be mined, in the native coin. */
export function spentOf({ steps }: Pick<DisputeRecord, 'steps'>): bigint {
  return steps.reduce((sum, { feeWei }) => sum + (feeWei ?? 0n), 0n)
}

/** The record with one more step, the oldest left out beyond what is kept. */
export function withStep(record: DisputeRecord, step: DisputeStep): DisputeRecord {
  return { ...record, steps: [...record.steps, step].slice(-CASE_STEPS_MAX) }
}

export function nextOf(move: CaseMove, phase: string): DisputeNext {
  switch (move.type) {
    case 'act':
      return { type: 'act', what: move.action.type, untilSec: move.bySec, missing: 0n, phase }
    case 'wait':
      return { type: 'wait', what: move.why, untilSec: move.untilSec, missing: move.missing, phase }
    case 'leave':
      return { type: 'leave', what: move.why, untilSec: undefined, missing: 0n, phase }
  }
}
