import type { DisputeEnd, DisputeNext, DisputeRecord, DisputeStep } from '@archipel/client'
import type { CaseKind, CaseSide } from '@archipel/protocol'
import { formatAmount } from '../config/units/amount.ts'

/** Cases in people's words, for logs and commands alike. Amounts are tokens; fees are in the chain's coin. */

type Told = Pick<DisputeRecord, 'kind' | 'side' | 'amount' | 'counterparty'>

/** What a case is about. */
export function aboutText({ kind, side, amount, counterparty }: Told): string {
  const tokens = `${formatAmount(amount)} tokens`
  if (kind === 'claim') {
    return side === 'plaintiff'
      ? `buyer ${counterparty} owes ${tokens} and is silent: the court is asked for it`
      : `provider ${counterparty} claims ${tokens} of a channel of yours`
  }
  return side === 'plaintiff'
    ? `provider ${counterparty} was paid for a wrong result: the court is asked for up to ${tokens} of its bond`
    : `buyer ${counterparty} calls a result of this node wrong, for up to ${tokens} of its bond`
}

const DOING: Readonly<Record<string, string>> = {
  claim: 'the claim is filed',
  fault: 'the fault is filed',
  deposit: 'tokens for the stake are deposited in the court',
  withdraw: 'tokens are taken back from the court',
  closePaid: 'vouchers have paid it: the case is closed',
  rebutPaid: 'it is shown that this was paid',
  redeem: 'the own voucher is redeemed, which pays it',
  demandData: 'the provider is asked to show a part of the output',
  answerData: 'the part of the output that was asked for is shown',
  challenge: 'the case is contested: a jury will decide',
  pin: 'the block that the jury is drawn with is remembered',
  showSecret: 'the secret for drawing the jury is shown',
  tally: 'the votes are counted',
  appeal: 'a larger jury is called for',
  finalise: 'the case is brought to its end'
}

const WAITING: Readonly<Record<string, string>> = {
  contest: 'the other side can contest it',
  answer: 'the provider can answer',
  block: 'the block comes that the jury is drawn with',
  secret: 'the other side can show its secret',
  jury: 'the jury votes',
  appeal: 'the loser can appeal',
  turn: 'the other side can end it',
  stake: 'tokens for the stake are needed in the wallet'
}

const LEAVING: Readonly<Record<string, string>> = {
  lost: 'it is lost: the other side ends it',
  right: 'it is right: nothing is said against it',
  unknown: 'nothing here tells whether it is right: it is let be',
  answered: 'what was asked for was shown: nothing more is said against it',
  paid: 'redeemed vouchers have paid it: it comes to nothing',
  small: 'it is about too little to act on',
  fees: 'it would cost more in fees than it may',
  stake: 'it would take a higher stake than is allowed'
}

const FORGOING: Readonly<Record<string, string>> = {
  small: 'it is less than what a case is opened for',
  fees: 'the fees would be more than they may',
  stake: 'the stake would be higher than is allowed',
  empty: 'its channel holds nothing more',
  data: 'what was delivered is not here any more, or too large to be shown',
  auto: 'this node goes to court only by hand (disputes: auto)'
}

/** Why a debt is not claimed. */
export function forgoText(why: string): string {
  return FORGOING[why] ?? why
}

/** What follows, and until when. */
export function nextText({ next }: { readonly next?: Omit<DisputeNext, 'phase'> | undefined }): string {
  if (next === undefined) return 'it is looked at next'
  const until = next.untilSec === undefined ? '' : ` until ${clock(next.untilSec)}`
  if (next.type === 'act') return `next: ${DOING[next.what] ?? next.what}${until}`
  if (next.type === 'leave') return LEAVING[next.what] ?? next.what
  const missing = next.missing > 0n ? `: ${formatAmount(next.missing)} tokens` : ''
  return `${WAITING[next.what] ?? next.what}${until}${missing}`
}

export function stepText({ action }: Pick<DisputeStep, 'action'>): string {
  return DOING[action] ?? action
}

/** How a case ended, as its party sees it. */
export function endText({ kind, side, end }: { kind: CaseKind; side: CaseSide; end?: DisputeEnd | undefined }): string {
  if (end === undefined) return 'it is not over'
  const paid = `${formatAmount(end.awarded)} tokens`
  const from = kind === 'claim' ? 'the channel' : 'the bond'
  switch (end.outcome) {
    case 'upheld':
      return side === 'plaintiff' ? `won: ${from} pays ${paid}` : `lost: ${from} pays ${paid}`
    case 'failed':
      return side === 'plaintiff' ? 'lost: nothing is paid, and the stake is gone' : 'won: nothing is paid'
    case 'split':
      return 'undecided: nothing is paid, and the stakes are halved'
    case 'paid':
      return `paid by vouchers meanwhile: ${formatAmount(end.credited)} tokens`
    case 'rebutted':
      return side === 'plaintiff' ? 'lost: it was shown that this had been paid' : 'won: it was paid before'
    case 'dropped':
      return 'given up before it was opened'
    case 'none':
      return 'it is not over'
  }
}

/** What happens if nobody does anything more, from here on. */
export function ifNobodyActs(phase: string, kind: CaseKind): string {
  const pays = kind === 'claim' ? 'the channel pays what is claimed' : 'the bond pays what was paid for the result'
  switch (phase) {
    case 'opening':
      return 'nothing: the court does not know of it yet'
    case 'open':
      return `once the time to contest is over, anybody can end it, and ${pays}`
    case 'demanded':
      return 'once the time to answer is over, anybody can end it: nothing is paid and the stake is lost'
    case 'drawing':
      return 'who does not show its secret in time loses'
    case 'voting':
      return 'once the time to vote is over, anybody can count the votes'
    case 'ruled':
      return 'once the time to appeal is over, anybody can end it as the jury ruled'
    default:
      return 'nothing: it is over'
  }
}

/** `2026-11-22T20:45:00Z` */
function clock(sec: number): string {
  return `${new Date(sec * 1000).toISOString().slice(0, 19)}Z`
}
