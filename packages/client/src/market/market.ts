import { CodedError, type VerifiedOffer } from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import {
  type DialTarget,
  type Network,
  offersTopic,
  parseMultiaddr,
  peerIdTextOf,
  timeoutSignal,
  waitFor
} from '../net/index.ts'
import type { Book } from './book.ts'
import { fetchBook } from './book-protocol.ts'
import { capabilityKey } from './capability.ts'
import {
  BOOK_FRESH_MS,
  BOOK_PEERS,
  BOOKS_ENOUGH,
  FIND_BOOKS_TIMEOUT_MS,
  SECOND_BOOK_WAIT_MS,
  SYNC_TIMEOUT_MS
} from './limits.ts'

/** What a light client knows of the market: a few peers' books to begin with, then gossip. */
export interface Market {
  start(): void
  stop(): void
  /** Verified offers, fresh. @throws CodedError E_NO_PEERS when nobody answers and nothing is known */
  offers(signal?: AbortSignal): Promise<VerifiedOffer[]>
}

export interface MarketInit {
  network: Network
  book: Book
  /** First contacts: dialled at once, so that a client that has just started need not wait for its first look around. */
  bootstrap: readonly string[]
}

export function createMarket({ network, book, bootstrap }: MarketInit): Market {
  let leave: (() => void) | undefined
  let freshUntilMs = 0
  let syncing: Promise<void> | undefined
  /** Others' books have been seen: what gossip happens to bring before that is no market yet. */
  let isInformed = false
  const stopped = new AbortController()

  /** Whoever we are connected to, and our first contacts: they are dialled now instead of at the next look around. */
  function neighbours(): DialTarget[] {
    const connected = network.libp2p.getPeers()
    const known = new Set(connected.map(String))
    const missing = bootstrap.filter(address => !known.has(peerIdTextOf(parseMultiaddr(address)) ?? ''))
    return [...connected, ...missing].slice(0, BOOK_PEERS)
  }

  /** Peers that say in the DHT that they hold the book. */
  async function* holders(signal: AbortSignal): AsyncGenerator<PeerId> {
    const asked = new Set([network.peerId.toString(), ...network.libp2p.getPeers().map(String)])
    const key = await capabilityKey(network.name, 'offers-book')
    try {
      const bounded = timeoutSignal(FIND_BOOKS_TIMEOUT_MS, signal)
      for await (const { id } of network.libp2p.contentRouting.findProviders(key, { signal: bounded })) {
        if (!asked.has(id.toString())) yield id
        asked.add(id.toString())
      }
    } catch {
      // The DHT is one way to find peers among several: those we know have been asked.
    }
  }

  /** Asks peers for their books; `onEnough` is called once there is enough to begin with, while others are still asked. */
  async function sync(signal: AbortSignal, onEnough: () => void): Promise<void> {
    let answered = 0
    let lastError: unknown
    let timer: ReturnType<typeof setTimeout> | undefined

    async function ask(peer: DialTarget): Promise<void> {
      try {
        await fetchBook(network, peer, book, signal)
        answered++
        if (answered >= BOOKS_ENOUGH) onEnough()
        else timer = setTimeout(onEnough, SECOND_BOOK_WAIT_MS)
      } catch (err) {
        signal.throwIfAborted()
        lastError = err
      }
    }

    try {
      await Promise.all(neighbours().map(ask))
      if (answered < BOOK_PEERS) {
        for await (const peer of holders(signal)) {
          await ask(peer)
          if (answered >= BOOK_PEERS) break
        }
      }
    } finally {
      clearTimeout(timer)
    }
    if (answered > 0) freshUntilMs = performance.now() + BOOK_FRESH_MS
    else if (book.size === 0) throw noPeers(lastError)
  }

  /** Shared by all who ask meanwhile, so it ends by its own clock and by nobody's signal. */
  function startSync(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.then(
      () => {
        isInformed = true
      },
      () => {}
    )
    sync(timeoutSignal(SYNC_TIMEOUT_MS, stopped.signal), resolve)
      .then(resolve, reject)
      .finally(() => {
        syncing = undefined
      })
    return promise
  }

  return {
    start() {
      leave ??= network.gossip.join(offersTopic(network.name), { validate: data => book.add(data) })
    },
    stop() {
      stopped.abort(new CodedError('E_NETWORK_STOPPED', 'this client is stopping'))
      leave?.()
      leave = undefined
    },
    async offers(signal) {
      signal?.throwIfAborted()
      if (performance.now() >= freshUntilMs) {
        syncing ??= startSync()
        // Once there is a book, gossip keeps it up to date: nobody waits for a peer that may be slow.
        if (!isInformed || book.offers().length === 0) await waitFor(syncing, signal)
      }
      return book.offers()
    }
  }
}

function noPeers(cause: unknown): CodedError {
  return new CodedError('E_NO_PEERS', 'no peer of this network answers', {
    hint: 'is the network up, and are its bootstrap addresses right? a devnet: archipel devnet up',
    cause
  })
}
