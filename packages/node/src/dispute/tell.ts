import { type DisputeNews, type DisputeRecord, spentOf } from '@archipel/client'
import { isCodedError } from '@archipel/protocol'
import { formatAmount } from '../config/units/amount.ts'
import type { Logger } from '../log.ts'
import { aboutText, endText, nextText, stepText } from './words.ts'

/** Says in the log what happens to a case: what it is about, what was done, what it cost, and what comes next. */
export function tellNews(log: Pick<Logger, 'info' | 'warn'>, news: DisputeNews): void {
  const { record } = news
  const about = factsOf(record)
  if (news.type === 'done') {
    const { transaction, feeWei } = news.step
    log.info({ ...about, transaction, fee: formatAmount(feeWei ?? 0n) }, stepText(news.step))
  } else if (news.type === 'failed') {
    const { error, what } = news
    const code = isCodedError(error) ? error.code : 'E_INTERNAL'
    const message = error instanceof Error ? error.message : String(error)
    log.warn({ ...about, code, message, what }, 'a step in court failed; it is tried again')
  } else if (news.type === 'ended') log.info({ ...about, spent: formatAmount(spentOf(record)) }, endText(record))
  else log.info(about, news.type === 'found' ? aboutText(record) : nextText(record))
}

function factsOf({ id, kind, side, agreement, amount }: DisputeRecord): Record<string, unknown> {
  return { case: id, kind, side, agreement, amount: formatAmount(amount) }
}
