import { CodedError, isCodedError, OFFER_BYTES_MAX } from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import { bookProtocol, createMessageStream, type DialTarget, type Network, timeoutSignal } from '../net/index.ts'
import type { Book } from './book.ts'
import { BOOK_FRAME_BYTES_MAX, BOOK_TIMEOUT_MS, SNAPSHOT_BYTES_MAX, SNAPSHOT_OFFERS_MAX } from './limits.ts'

/**
 * A book snapshot: the asker opens a stream and sends `null`; the answer is a sequence of frames, each a list of encoded
 * Offers, until the stream closes. The asker checks every signature itself, so any peer may be asked.
 */
export async function serveBook(network: Network, book: Book): Promise<void> {
  await network.handle(
    bookProtocol(network.name),
    async stream => {
      const messages = createMessageStream(stream, { messageBytesMax: BOOK_FRAME_BYTES_MAX })
      const signal = AbortSignal.timeout(BOOK_TIMEOUT_MS)
      await messages.next({ signal })
      for (const page of pages(book.snapshot(SNAPSHOT_BYTES_MAX))) await messages.send(page, { signal })
      await messages.close({ signal })
    },
    { streamsPerPeerMax: 2, streamsMax: 64 }
  )
}

/** Adds a peer's book to ours. @returns how many offers were new here */
export async function fetchBook(
  network: Network,
  peer: PeerId | DialTarget,
  book: Book,
  signal?: AbortSignal
): Promise<number> {
  const bounded = timeoutSignal(BOOK_TIMEOUT_MS, signal)
  const stream = await network.openStream(peer, bookProtocol(network.name), { signal: bounded })
  const messages = createMessageStream(stream, { messageBytesMax: BOOK_FRAME_BYTES_MAX })
  let added = 0
  let seen = 0
  try {
    await messages.send(null, { signal: bounded })
    for await (const page of messages.receive({ signal: bounded })) {
      for (const data of Array.isArray(page) ? page : []) {
        if (++seen > SNAPSHOT_OFFERS_MAX)
          throw new CodedError('E_BOOK_TOO_LARGE', 'a peer sends more offers than a book holds')
        if (data instanceof Uint8Array && book.add(data) === 'accept') added++
      }
    }
    await messages.close({ signal: bounded })
  } catch (err) {
    messages.abort(isCodedError(err) ? err : new CodedError('E_BOOK_FAILED', 'the book did not arrive', { cause: err }))
    throw err
  }
  return added
}

/** Groups offers into frames that fit. */
function* pages(offers: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let page: Uint8Array[] = []
  let size = 0
  for (const offer of offers) {
    if (size + offer.length + OFFER_BYTES_MAX > BOOK_FRAME_BYTES_MAX) {
      yield page
      page = []
      size = 0
    }
    page.push(offer)
    size += offer.length
  }
  if (page.length > 0) yield page
}
