import type { Reconciled } from '@archipel/client'
import type { UnixSec, Wei } from '@archipel/protocol'
import { commandId, plural, roundAmount } from '../run/words.ts'

/** What of a channel's money is said of it in words. */
export interface ChannelMoney {
  readonly deposit: Wei
  readonly settled: Wei
  readonly closeAt: UnixSec
  /** When a dispute lets it be closed; none if left out or past. */
  readonly heldUntil?: UnixSec | undefined
  readonly exit?: boolean | undefined
}

/** `open`, `empty`, `closing until …`, `in dispute until …`, `can be closed` */
export function stateOf({ closeAt, deposit, settled, heldUntil = 0, exit }: ChannelMoney, nowSec: UnixSec): string {
  if (deposit === settled && closeAt === 0) return exit === true ? 'closed' : 'empty'
  if (closeAt === 0) return exit === true ? 'close not requested yet' : 'open'
  if (heldUntil > nowSec && heldUntil > closeAt) return `in dispute until ${clockText(heldUntil)} at most`
  return closeAt <= nowSec ? 'can be closed' : `closing until ${clockText(closeAt)}`
}

/** What is in a channel and promised to nobody. */
export function freeIn({ deposit, settled, cumulative }: { deposit: Wei; settled: Wei; cumulative: Wei }): Wei {
  const spoken = cumulative > settled ? cumulative : settled
  return deposit > spoken ? deposit - spoken : 0n
}

/** `2026-11-22T20:45:00Z` */
export function clockText(sec: UnixSec): string {
  return `${new Date(sec * 1000).toISOString().slice(0, 19)}Z`
}

/** What the client did about channels by itself, a line each. */
export function reconciledLines({
  found,
  left,
  requested,
  closed
}: Pick<Reconciled, 'found' | 'left' | 'requested' | 'closed'>): string[] {
  return [
    ...(found.length === 0
      ? []
      : [`Found ${plural(found.length, 'channel')} of yours without records here: archipel escrow status`]),
    ...left.map(({ id, provider, lostAt }) => {
      return `Provider ${provider} went silent in the middle of work at ${clockText(lostAt)}, nothing is owed to it: channel ${commandId(id)} is asked back`
    }),
    ...requested.map(({ id, closeAt }) => `Requested the close of channel ${commandId(id)}: due ${clockText(closeAt)}`),
    ...closed.map(({ id, refunded }) => {
      return `Closed channel ${commandId(id)}: ${roundAmount(refunded)} tokens are back in the balance`
    })
  ]
}
