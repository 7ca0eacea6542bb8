import { CodedError } from '@archipel/protocol'
import type { Stream } from '@libp2p/interface'
import type { StreamOrigin } from '../../net/handlers.ts'
import {
  bookProtocol,
  createKeyedBuckets,
  createMessageStream,
  type Network,
  snapshotProtocol
} from '../../net/index.ts'
import type { Book } from '../book/book.ts'
import {
  BOOK_FRAME_BYTES_MAX,
  BOOK_REQUEST_BYTES_MAX,
  BOOK_STREAMS_MAX,
  BOOK_STREAMS_PER_PEER_MAX,
  BOOK_SYNCS_BURST,
  BOOK_SYNCS_PER_SEC,
  BOOK_TIMEOUT_MS,
  PEERS_COUNTED_MAX,
  REQUESTS_PER_STREAM_MAX,
  SNAPSHOT_BYTES_MAX
} from '../limits.ts'
import { createDigestTree, type DigestTree } from './digest-tree.ts'
import { pagesOf } from './pages.ts'
import { type BookRequest, partsToWire, requestFromWire } from './wire.ts'

/**
 * Gives others our book: whole, or what differs from theirs. Peers of the version before get all of it. Whoever asks
 * checks every signature itself, so any peer may be asked.
 */
export async function serveBook(network: Network, book: Book): Promise<void> {
  const syncs = createKeyedBuckets({
    capacity: BOOK_SYNCS_BURST,
    perSec: BOOK_SYNCS_PER_SEC,
    keysMax: PEERS_COUNTED_MAX
  })
  const options = { streamsPerPeerMax: BOOK_STREAMS_PER_PEER_MAX, streamsMax: BOOK_STREAMS_MAX }

  /** Sorting and hashing a book takes a moment: nobody has us do it all day. */
  function checkPace({ peerId }: StreamOrigin): void {
    if (syncs.take(peerId.toString())) return
    throw new CodedError('E_BOOK_BUSY', 'this peer asks for the book too often')
  }

  async function answer(stream: Stream, from: StreamOrigin): Promise<void> {
    checkPace(from)
    const signal = AbortSignal.timeout(BOOK_TIMEOUT_MS)
    const messages = createMessageStream(stream, {
      messageBytesMax: BOOK_REQUEST_BYTES_MAX,
      outboundMessageBytesMax: BOOK_FRAME_BYTES_MAX
    })
    let bytesLeft = SNAPSHOT_BYTES_MAX
    let tree: DigestTree | undefined
    let filter = {}

    async function sendOffers(offers: Iterable<Uint8Array>): Promise<void> {
      for (const page of pagesOf(offers)) {
        bytesLeft -= page.reduce((sum, { length }) => sum + length, 0)
        if (bytesLeft < 0) break
        await messages.send(page, { signal })
      }
      await messages.send([], { signal })
    }

    async function handle(request: BookRequest): Promise<void> {
      if (request.type === 'filter') {
        filter = request.filter
        tree = undefined
        return
      }
      if (request.type === 'all') return sendOffers(book.snapshot(Math.max(0, bytesLeft), filter))
      // One moment's book for the whole stream: a list that changes while it is compared would never be done.
      tree ??= createDigestTree(book.entries(filter))
      const current = tree
      if (request.type === 'describe')
        return messages.send(partsToWire(request.prefixes.map(prefix => current.describe(prefix))), { signal })
      return sendOffers(request.ids.flatMap(id => current.dataOf(id) ?? []))
    }

    try {
      let requests = 0
      for await (const message of messages.receive({ signal })) {
        if (++requests > REQUESTS_PER_STREAM_MAX) throw new CodedError('E_BOOK_BUSY', 'too many requests on one stream')
        await handle(requestFromWire(message))
      }
      await messages.close({ signal })
    } catch (err) {
      messages.abort(
        err instanceof CodedError ? err : new CodedError('E_BOOK_FAILED', 'the book was not sent', { cause: err })
      )
      throw err
    }
  }

  async function answerWhole(stream: Stream, from: StreamOrigin): Promise<void> {
    checkPace(from)
    const messages = createMessageStream(stream, { messageBytesMax: BOOK_FRAME_BYTES_MAX })
    const signal = AbortSignal.timeout(BOOK_TIMEOUT_MS)
    await messages.next({ signal })
    for (const page of pagesOf(book.snapshot(SNAPSHOT_BYTES_OF_V2))) await messages.send(page, { signal })
    await messages.close({ signal })
  }

  await network.handle(bookProtocol(network.name), answer, options)
  await network.handle(snapshotProtocol(network.name), answerWhole, options)
}

/** What a peer of that version expects at most, in the time that it waits. */
const SNAPSHOT_BYTES_OF_V2 = 4 << 20
