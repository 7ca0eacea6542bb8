import type { UnixSec, Wei } from '@archipel/protocol'

/** What of a channel's money is said of it in words. */
export interface ChannelMoney {
  readonly deposit: Wei
  readonly settled: Wei
  readonly closeAt: UnixSec
  readonly exit?: boolean | undefined
}

/** `open`, `empty`, `closing until …`, `due: …` */
export function stateOf({ closeAt, deposit, settled, exit }: ChannelMoney, nowSec: UnixSec): string {
  if (deposit === settled && closeAt === 0) return exit === true ? 'closed' : 'empty'
  if (closeAt === 0) return exit === true ? 'close not requested yet' : 'open'
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
