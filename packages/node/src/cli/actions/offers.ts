import type { Offer, VerifiedOffer, Wei } from '@archipel/protocol'
import { formatDurationMs } from '../../config/units/duration.ts'
import { withVisitor } from '../client.ts'
import type { Invocation } from '../host.ts'
import type { Column } from '../output/table.ts'
import { formatBytes, plural, roundAmount } from '../run/words.ts'

interface OffersOptions {
  region?: readonly string[]
}

export async function listOffers({ context, options }: Invocation<OffersOptions>): Promise<undefined> {
  const all = await withVisitor(context, client => client.offers({ signal: context.signal }))
  const wanted = ({ offer }: VerifiedOffer) => options.region?.includes(offer.body.domains.region) ?? true
  const offers = all
    .filter(wanted)
    .map(({ offer }) => offer.body)
    .sort(byRegionAndPrice)
  const nowSec = Date.now() / 1000
  await context.output.answer({
    json: { seen: all.length, offers: offers.map(offer => ({ ...offer, pricePerHour: pricePerHour(offer) })) },
    names: () => offers.map(({ provider }) => provider),
    human: ({ table }) => (offers.length === 0 ? 'No offers.' : table(columns(nowSec), offers))
  })
  if (offers.length < all.length)
    context.output.note(`${plural(all.length - offers.length, 'offer')} of other regions left out.`)
}

/** One core and one GiB for an hour, without what starting costs. */
function pricePerHour({ prices }: Offer): Wei {
  return (prices.cpuSec + prices.memGiBSec) * 3600n
}

function byRegionAndPrice(a: Offer, b: Offer): number {
  if (a.domains.region !== b.domains.region) return a.domains.region < b.domains.region ? -1 : 1
  const [left, right] = [pricePerHour(a), pricePerHour(b)]
  if (left !== right) return left < right ? -1 : 1
  return a.provider < b.provider ? -1 : 1
}

function columns(nowSec: number): readonly Column<Offer>[] {
  return [
    { title: 'region', cell: ({ domains }) => domains.region, widthMin: 6 },
    { title: 'provider', cell: ({ provider }) => provider, widthMin: 13 },
    { title: 'operator', cell: ({ owner }) => owner, widthMin: 13 },
    { title: 'cpu', cell: ({ resources }) => String(resources.cpuMillis / 1000), align: 'right' },
    { title: 'memory', cell: ({ resources }) => formatBytes(resources.memoryBytes), align: 'right' },
    { title: 'tokens/h', cell: offer => roundAmount(pricePerHour(offer)), align: 'right' },
    { title: 'terafuel', cell: ({ prices }) => roundAmount(prices.terafuel), align: 'right' },
    { title: 'isolation', cell: ({ isolation }) => isolation },
    { title: 'tick', cell: ({ tickSec }) => `${tickSec} s`, align: 'right' },
    {
      title: 'expires in',
      cell: ({ expiresAt }) => formatDurationMs(Math.max(0, expiresAt - nowSec) * 1000),
      align: 'right'
    },
    { title: 'version', cell: ({ version }) => version, widthMin: 7 }
  ]
}
