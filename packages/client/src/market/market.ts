import { CodedError, type VerifiedOffer } from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import {
  type DialTarget,
  delay,
  type Network,
  parseMultiaddr,
  peerIdTextOf,
  timeoutSignal,
  waitFor
} from '../net/index.ts'
import { filterKey, type OfferFilter } from './book/filter.ts'
import { bookCapability, capabilityKey } from './capability.ts'
import {
  BOOK_FRESH_MS,
  BOOK_PEERS,
  BOOK_STAGGER_MS,
  BOOKS_ENOUGH,
  FILTERS_FRESH_MAX,
  FIND_BOOKS_TIMEOUT_MS,
  KEPT_WAIT_MS,
  SECOND_BOOK_WAIT_MS,
  SYNC_TIMEOUT_MS
} from './limits.ts'
import type { Offers } from './offers.ts'
import { shardsFor } from './shards.ts'
import { fetchBook } from './sync/fetch-book.ts'

/** What a light client knows of the market: what it kept, a few peers' books, then gossip. */
export interface Market {
  start(): void
  stop(): Promise<void>
  /**
   * Verified offers, fresh; those that match, and only those are fetched.
   *
   * @throws CodedError E_NO_PEERS when nobody answers and nothing is known
   */
  offers(filter?: OfferFilter, signal?: AbortSignal): Promise<VerifiedOffer[]>
}

export interface MarketInit {
  network: Network
  offers: Offers
  /** First contacts: dialled at once, so that a client that has just started need not wait for its first look around. */
  bootstrap: readonly string[]
}

/** How well what matches one filter is known. */
interface Knowledge {
  freshUntilMs: number
  syncing: Promise<void> | undefined
  /** Others' books have been seen: what gossip happens to bring before that is no market yet. */
  isInformed: boolean
}

export function createMarket({ network, offers, bootstrap }: MarketInit): Market {
  const { book, shards, take } = offers
  const knowledge = new Map<string, Knowledge>()
  const stopped = new AbortController()
  /** How many offers an earlier process left to us. */
  let loading: Promise<number> = Promise.resolve(0)

  function knowledgeOf(filter: OfferFilter): Knowledge {
    const key = filterKey(filter)
    const known = knowledge.get(key) ?? { freshUntilMs: 0, syncing: undefined, isInformed: false }
    knowledge.delete(key)
    knowledge.set(key, known)
    if (knowledge.size > FILTERS_FRESH_MAX) knowledge.delete(knowledge.keys().next().value as string)
    return known
  }

  /** Whoever we are connected to, and our first contacts: they are dialled now instead of at the next look around. */
  function neighbours(): DialTarget[] {
    const connected = network.libp2p.getPeers()
    const known = new Set(connected.map(String))
    const missing = bootstrap.filter(address => !known.has(peerIdTextOf(parseMultiaddr(address)) ?? ''))
    return [...connected, ...missing].slice(0, BOOK_PEERS)
  }

  /** Peers that say in the DHT that they hold the book. */
  async function* holders(filter: OfferFilter, signal: AbortSignal): AsyncGenerator<PeerId> {
    const asked = new Set([network.peerId.toString(), ...network.libp2p.getPeers().map(String)])
    try {
      const bounded = timeoutSignal(FIND_BOOKS_TIMEOUT_MS, signal)
      for (const shard of shardsFor(filter, shards)) {
        const key = await capabilityKey(network.name, bookCapability(shard, shards))
        for await (const { id } of network.libp2p.contentRouting.findProviders(key, { signal: bounded })) {
          if (!asked.has(id.toString())) yield id
          asked.add(id.toString())
        }
      }
    } catch {
      // The DHT is one way to find peers among several: those we know have been asked.
    }
  }

  /** Asks peers for their books; `onEnough` is called once there is enough to begin with, while others are still asked. */
  async function sync(filter: OfferFilter, signal: AbortSignal, onEnough: () => void): Promise<boolean> {
    let answered = 0
    let lastError: unknown
    let timer: ReturnType<typeof setTimeout> | undefined

    async function ask(peer: DialTarget): Promise<void> {
      try {
        await fetchBook(network, peer, book, { filter, take, signal })
        answered++
        if (answered >= BOOKS_ENOUGH) onEnough()
        else timer = setTimeout(onEnough, SECOND_BOOK_WAIT_MS)
      } catch (err) {
        signal.throwIfAborted()
        lastError = err
      }
    }

    /** One after another, so that each only sends what those before did not; a slow one holds up nobody. */
    async function askInTurn(peers: readonly DialTarget[]): Promise<void> {
      const asked: Promise<void>[] = []
      for (const peer of peers) {
        const asking = ask(peer)
        asked.push(asking)
        await Promise.race([asking, delay(BOOK_STAGGER_MS, signal)])
      }
      await Promise.all(asked)
    }

    try {
      await askInTurn(neighbours())
      if (answered < BOOK_PEERS) {
        for await (const peer of holders(filter, signal)) {
          await ask(peer)
          if (answered >= BOOK_PEERS) break
        }
      }
    } finally {
      clearTimeout(timer)
    }
    if (answered === 0 && book.size === 0) throw noPeers(lastError)
    return answered > 0
  }

  /** Shared by all who ask meanwhile, so it ends by its own clock and by nobody's signal. */
  function startSync(known: Knowledge, filter: OfferFilter): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.then(
      () => {
        known.isInformed = true
      },
      () => {}
    )
    sync(filter, timeoutSignal(SYNC_TIMEOUT_MS, stopped.signal), resolve)
      .then(hasAnswers => {
        if (hasAnswers) known.freshUntilMs = performance.now() + BOOK_FRESH_MS
        resolve()
      }, reject)
      .finally(() => {
        known.syncing = undefined
      })
    return promise
  }

  return {
    start() {
      offers.start()
      loading = offers.load()
      // With one there is nothing to choose; of several, those that somebody asks for.
      if (shards === 1) offers.listen([0])
    },
    async stop() {
      stopped.abort(new CodedError('E_NETWORK_STOPPED', 'this client is stopping'))
      await offers.stop()
    },
    async offers(filter = {}, signal) {
      signal?.throwIfAborted()
      offers.listen(shardsFor(filter, shards))
      const kept = await waitFor(loading, signal)
      const known = knowledgeOf(filter)
      if (performance.now() >= known.freshUntilMs) {
        known.syncing ??= startSync(known, filter)
        // Once there is a book, gossip keeps it up to date: nobody waits for a peer that may be slow.
        const isEmpty = book.offers(filter).length === 0
        if (isEmpty || (!known.isInformed && kept === 0)) await waitFor(known.syncing, signal)
        else if (!known.isInformed) await waitFor(Promise.race([known.syncing, delay(KEPT_WAIT_MS)]), signal)
      }
      return book.offers(filter)
    }
  }
}

function noPeers(cause: unknown): CodedError {
  return new CodedError('E_NO_PEERS', 'no peer of this network answers', {
    hint: 'is the network up, and are its bootstrap addresses right? a devnet: archipel devnet up',
    cause
  })
}
