import {
  bookCapability,
  createOffers,
  fetchBook,
  type Offers,
  type OffersInit,
  serveBook,
  shardOf
} from '@archipel/client'
import type { Offer } from '@archipel/protocol'
import { createBeacon } from './beacon.ts'
import { createOfferPublisher, type OfferPublisherInit } from './offer-publisher.ts'

/** What a provider offers, and what it knows of others and passes on. */
export interface ProviderMarket {
  readonly book: Offers['book']
  /** The Offer that stands. */
  readonly offer: Offer | undefined
  /** Gives others our book from now on; before the network starts, so that nobody asks in vain. */
  serve(): Promise<void>
  /** Hears, offers and can be found from now on. */
  start(): Promise<void>
  stop(): Promise<void>
}

export interface ProviderMarketInit extends Omit<OfferPublisherInit, 'book' | 'shard'> {
  onContradiction: OffersInit['onContradiction']
}

/** Below this many offers a peer asks everyone it meets for theirs; above, gossip keeps it up to date. */
const BOOK_SMALL = 64

export function createProviderMarket({ onContradiction, ...init }: ProviderMarketInit): ProviderMarket {
  const { network, config, runtimes, signing, records, log } = init
  const { region } = config.domains
  const offers = createOffers({ descriptor: config.network, network, signing, tables: records, onContradiction })
  const { book, take, shards } = offers
  const shard = shardOf(region, shards)
  const publisher = createOfferPublisher({ ...init, book, shard })
  const beacon = createBeacon({
    network,
    capabilities: [
      bookCapability(shard, shards),
      ...runtimes.map(runtime => `runtime=${runtime}` as const),
      `region=${region}`
    ],
    log
  })

  async function warnUnlessBacked(): Promise<void> {
    if ((await offers.isBacked(signing.signer.address)) !== false) return
    const hint = 'put a bond behind it: archipel bond add AMOUNT'
    log.warn({ address: signing.signer.address, hint }, 'nobody will hear of this node: no bond stands behind its key')
  }

  return {
    book,
    get offer() {
      return publisher.current
    },
    async serve() {
      await serveBook(network, book)
      network.libp2p.addEventListener('peer:identify', ({ detail }) => {
        // A newcomer's own book is as good as empty: whoever it meets first gives it theirs.
        if (book.size < BOOK_SMALL) fetchBook(network, detail.peerId, book, { take }).catch(() => {})
      })
    },
    async start() {
      offers.start()
      offers.listen([shard])
      void offers.load()
      await publisher.start()
      beacon.start()
      void warnUnlessBacked()
    },
    async stop() {
      publisher.stop()
      beacon.stop()
      await offers.stop()
    }
  }
}
