import type { Chain, Court, DisputeSummary, PlacedCaseEvent } from '@archipel/client'
import type { UnixSec } from '@archipel/protocol'
import { formatAmount } from '../../config/units/amount.ts'

/** One thing that happened in a case, on chain. */
export interface Happening {
  readonly atSec: UnixSec
  readonly block: number
  readonly event: PlacedCaseEvent['name']
  readonly text: string
  readonly transaction: string
  /** What it cost us; undefined where somebody else paid. */
  readonly feeWei: bigint | undefined
}

/** What the chain tells of a case, in order, with what our own transactions cost. */
export async function readTimeline(
  { id, fromBlock, steps }: Pick<DisputeSummary, 'id' | 'fromBlock' | 'steps'>,
  { court, chain }: { court: Pick<Court, 'caseEvents'>; chain: Pick<Chain, 'clock'> },
  signal: AbortSignal
): Promise<Happening[]> {
  const events = await court.caseEvents(id, { fromBlock }, { signal })
  const blocks = [...new Set(events.map(({ blockNumber }) => blockNumber))]
  const times = new Map(
    await Promise.all(blocks.map(async block => [block, (await chain.clock({ block, signal })).sec] as const))
  )
  return events.map(event => ({
    atSec: times.get(event.blockNumber) ?? 0,
    block: event.blockNumber,
    event: event.name,
    text: textOf(event),
    transaction: event.transactionHash,
    feeWei: steps.find(({ transaction }) => transaction === event.transactionHash)?.feeWei
  }))
}

function textOf(event: PlacedCaseEvent): string {
  switch (event.name) {
    case 'CaseOpened':
      return `${event.plaintiff} opened the case about ${formatAmount(event.facts.amount)}`
    case 'DataDemanded':
      return `${event.demander} asked for part ${event.chunk} of the output`
    case 'DataAnswered':
      return `part ${event.chunk} of the output was shown, ${event.data.byteLength} bytes`
    case 'CaseChallenged':
      return `${event.defendant} contested it`
    case 'DrawHashPinned':
      return 'the block that the jury is drawn with was remembered'
    case 'DrawPostponed':
      return `the jury will be drawn with block ${event.target}`
    case 'SecretsRevealed':
      return 'a secret for drawing the jury was shown'
    case 'JuryDrawn':
      return `a jury of ${event.seats.length} was drawn`
    case 'VoteCommitted':
      return `juror ${event.position} voted, sealed`
    case 'VoteRevealed':
      return `juror ${event.position} opened its vote`
    case 'CaseRuled':
      return event.ruling === 'none' ? 'the jury came to no majority' : `the jury found the receipt ${event.ruling}`
    case 'CaseAppealed':
      return `${event.appellant} called for a larger jury`
    case 'CaseClosed':
      return `the case was closed: ${event.outcome}, ${formatAmount(event.awarded)} paid`
  }
}
