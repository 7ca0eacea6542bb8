import type { CaseEvent, Hash } from '@archipel/protocol'
import type { PlacedCaseEvent } from '../chain/index.ts'
import type { DisputeRecord, DisputeStep } from './record.ts'

/** What the court tells of each of our steps; of a deposit it tells nothing about the case. */
const EVENTS_OF: Readonly<Partial<Record<DisputeStep['action'], readonly CaseEvent['name'][]>>> = {
  claim: ['CaseOpened'],
  fault: ['CaseOpened'],
  closePaid: ['CaseClosed'],
  rebutPaid: ['CaseClosed'],
  demandData: ['DataDemanded'],
  answerData: ['DataAnswered'],
  challenge: ['CaseChallenged'],
  pin: ['DrawHashPinned', 'DrawPostponed'],
  showSecret: ['SecretsRevealed'],
  tally: ['CaseRuled'],
  appeal: ['CaseAppealed'],
  finalise: ['CaseClosed']
}

/** True when a step was about to be sent, and nobody saw what became of it. */
export function hasPending({ steps }: Pick<DisputeRecord, 'steps'>): boolean {
  return steps.at(-1)?.transaction === undefined && steps.length > 0
}

/**
 * Finds out what became of the step that a process was in the middle of when it ended: it is on the chain, or it never got
 * there and is taken back, to be decided upon again.
 *
 * @param feePaid undefined for a transaction that another account paid for
 */
export async function settlePending(
  record: DisputeRecord,
  events: readonly PlacedCaseEvent[],
  feePaid: (transaction: Hash) => Promise<bigint | undefined>
): Promise<DisputeRecord> {
  const pending = record.steps.at(-1)
  if (pending === undefined || pending.transaction !== undefined) return record
  const before = record.steps.slice(0, -1)
  const known = new Set(before.map(({ transaction }) => transaction))
  const names = EVENTS_OF[pending.action] ?? []
  for (const { name, transactionHash } of events.toReversed()) {
    if (!names.includes(name) || known.has(transactionHash)) continue
    const feeWei = await feePaid(transactionHash)
    if (feeWei === undefined) continue
    return { ...record, steps: [...before, { ...pending, transaction: transactionHash, feeWei }] }
  }
  return { ...record, steps: before }
}
