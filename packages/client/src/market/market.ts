import { CodedError, type VerifiedOffer } from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import { type Network, offersTopic, timeoutSignal, waitFor } from '../net/index.ts'
import type { Book } from './book.ts'
import { fetchBook } from './book-protocol.ts'
import { capabilityKey } from './capability.ts'
import { BOOK_FRESH_MS, BOOK_PEERS, FIND_BOOKS_TIMEOUT_MS, SYNC_TIMEOUT_MS } from './limits.ts'

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

  /** Peers that say in the DHT that they hold the book, then whoever we are connected to. */
  async function* holders(signal: AbortSignal): AsyncGenerator<PeerId> {
    const seen = new Set<string>([network.peerId.toString()])
    const fresh = (peer: PeerId) => !seen.has(peer.toString()) && seen.add(peer.toString())
    for (const peer of network.libp2p.getPeers()) if (fresh(peer)) yield peer
    const key = await capabilityKey(network.name, 'offers-book')
    try {
      for await (const { id } of network.libp2p.contentRouting.findProviders(key, {
        signal: timeoutSignal(FIND_BOOKS_TIMEOUT_MS, signal)
      })) {
        if (fresh(id)) yield id
      }
    } catch {
      // The DHT is one way to find peers among several: those we are connected to have been asked.
    }
  }

  async function meetSomebody(signal: AbortSignal): Promise<void> {
    if (network.libp2p.getPeers().length > 0) return
    await Promise.any(bootstrap.map(address => network.connect(address, { signal }))).catch(() => {})
  }

  async function sync(signal: AbortSignal): Promise<void> {
    await meetSomebody(signal)
    let answered = 0
    let lastError: unknown
    for await (const peer of holders(signal)) {
      try {
        await fetchBook(network, peer, book, signal)
        answered++
      } catch (err) {
        signal.throwIfAborted()
        lastError = err
      }
      if (answered >= BOOK_PEERS) break
    }
    if (answered > 0) freshUntilMs = performance.now() + BOOK_FRESH_MS
    else if (book.size === 0) throw noPeers(lastError)
  }

  return {
    start() {
      leave ??= network.gossip.join(offersTopic(network.name), { validate: data => book.add(data) })
    },
    stop() {
      leave?.()
      leave = undefined
    },
    async offers(signal) {
      signal?.throwIfAborted()
      if (performance.now() >= freshUntilMs) {
        // Shared by all who ask meanwhile, so it ends by its own clock and by nobody's signal.
        syncing ??= sync(AbortSignal.timeout(SYNC_TIMEOUT_MS)).finally(() => {
          syncing = undefined
        })
        syncing.catch(() => {})
        // Once there is a book, gossip keeps it up to date: nobody waits for a peer that may be slow.
        if (book.offers().length === 0) await waitFor(syncing, signal)
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
