import type { Wei } from '@archipel/protocol'
import { redeemable } from '../payment/channel-books.ts'
import type { ProviderChannels } from '../payment/channels.ts'
import type { TokenEarnings } from '../provider.ts'

/** What was earned in each token, over every channel there ever was. */
export function earningsOf({ books, due }: Pick<ProviderChannels, 'books' | 'due'>): TokenEarnings[] {
  const open = due()
  return books.totals().map(totals => {
    const own = open.filter(({ key }) => key.token === totals.token)
    const sum = (some: typeof own): Wei => some.reduce((total, channel) => total + redeemable(channel), 0n)
    return { ...totals, waiting: sum(own), atRisk: sum(own.filter(({ closeAt }) => closeAt !== 0)) }
  })
}
