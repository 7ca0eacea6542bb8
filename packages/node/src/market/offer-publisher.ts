import { type Book, type Network, offersTopic, type SigningContext } from '@archipel/client'
import { encode, type Offer, offerType, sign, signedOfferType } from '@archipel/protocol'
import type { Logger } from '../log.ts'
import type { ProviderConfig } from '../provider.ts'
import type { ProviderRecords } from '../store/records.ts'

/** Keeps this provider's Offer fresh everywhere: on change, at half its life, and when the first neighbours arrive. */
export interface OfferPublisher {
  start(): Promise<void>
  stop(): void
  readonly current: Offer | undefined
}

/** How long an Offer stands. A provider that dies is out of every book after this long. */
export const OFFER_TTL_SEC = 120
/** Neighbours are gathered for this long before an Offer is sent again for them. */
const SETTLE_MS = 500
/** With this many neighbours listening gossip carries an Offer everywhere; below, each new one is sent it. */
const ENOUGH_NEIGHBOURS = 4

export interface OfferPublisherInit {
  network: Network
  config: ProviderConfig
  runtimes: readonly string[]
  /** How well programs are confined; known once executors run. */
  isolation: () => string
  version: string
  signing: SigningContext
  records: ProviderRecords
  /** Our own book: who asks us for it finds our Offer too. */
  book: Book
  /** Where offers of our region are gossiped. */
  shard: number
  log: Logger
}

export function createOfferPublisher(init: OfferPublisherInit): OfferPublisher {
  const { network, config, runtimes, isolation, version, signing, records, book, log } = init
  const topic = offersTopic(network.name, init.shard)
  let current: Offer | undefined
  let timer: NodeJS.Timeout | undefined
  let settling: NodeJS.Timeout | undefined
  let neighbours = 0
  let publishing: Promise<void> = Promise.resolve()

  async function publish(): Promise<void> {
    const stored = (await records.counters.get('offer')) ?? 0
    // The clock keeps it growing even if the store is lost: two offers with one sequence would be equivocation.
    const sequence = Math.max(stored + 1, signing.nowSec())
    await records.store.commit([records.counters.put('offer', sequence)])
    current = {
      provider: signing.signer.address,
      owner: config.owner,
      sequence,
      expiresAt: signing.nowSec() + OFFER_TTL_SEC,
      token: config.network.token,
      resources: config.resources,
      runtimes: [...runtimes],
      isolation: isolation(),
      prices: config.prices,
      tickSec: config.tickSec,
      domains: config.domains,
      multiaddrs: network.addresses().slice(0, 8).map(String),
      version
    }
    const data = encode(signedOfferType, sign(signing.signer, signing.domain, offerType, current))
    book.add(data)
    const reached = await network.gossip.publish(topic, data)
    log.debug({ sequence, reached }, 'published offer')
  }

  function publishSoon(): Promise<void> {
    publishing = publishing
      .then(publish)
      .catch(err => log.warn({ err }, 'could not publish the offer; it is tried again'))
    return publishing
  }

  function onSubscription(): void {
    const now = network.gossip.subscribers(topic).length
    const grown = now > neighbours
    const few = neighbours < ENOUGH_NEIGHBOURS
    neighbours = now
    if (!grown || !few || settling !== undefined) return
    settling = setTimeout(() => {
      settling = undefined
      void publishSoon()
    }, SETTLE_MS)
  }

  return {
    get current() {
      return current
    },
    async start() {
      network.libp2p.services.pubsub.addEventListener('subscription-change', onSubscription)
      await publishSoon()
      timer = setInterval(() => void publishSoon(), (OFFER_TTL_SEC * 1000) / 2)
    },
    stop() {
      network.libp2p.services.pubsub.removeEventListener('subscription-change', onSubscription)
      clearInterval(timer)
      clearTimeout(settling)
    }
  }
}
