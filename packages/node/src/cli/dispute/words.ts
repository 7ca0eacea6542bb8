import type { DisputeNews, DisputeSummary } from '@archipel/client'
import { formatAmount } from '../../config/units/amount.ts'
import { aboutText, endText, nextText, stepText } from '../../dispute/words.ts'
import { commandId } from '../run/words.ts'

/** What happened to a case while a command ran, in one line. */
export function newsLine(news: DisputeNews): string {
  const { record } = news
  const name = `Case ${commandId(record.id)}`
  switch (news.type) {
    case 'found':
      return `${name}: ${aboutText(record)}`
    case 'decided':
      return `${name}: ${nextText(record)}`
    case 'done':
      return `${name}: ${stepText(news.step)}, for ${formatAmount(news.step.feeWei ?? 0n)} in fees`
    case 'ended':
      return `${name}: ${endText(record)}`
    case 'failed':
      return `${name}: ${news.error instanceof Error ? news.error.message : String(news.error)}; it is tried again`
  }
}

/** What is pending when a command begins or ends: nothing of it may be forgotten, for it is money. */
export function pendingLines(cases: readonly DisputeSummary[]): string[] {
  return cases
    .filter(({ end }) => end === undefined)
    .map(one => `In court: case ${commandId(one.id)} about ${formatAmount(one.amount)} tokens: ${nextText(one)}`)
}
