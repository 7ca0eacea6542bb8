import { describe, expect, it } from 'vitest'
import { createBook } from '../../src/market/book.ts'
import { fetchBook, serveBook } from '../../src/market/book-protocol.ts'
import { BOOK_FRAME_BYTES_MAX, SNAPSHOT_BYTES_MAX, SNAPSHOT_OFFERS_MAX } from '../../src/market/limits.ts'
import { bookProtocol, createMessageStream, type Network } from '../../src/net/index.ts'
import { domain, NOW, TOKEN } from '../job/host.ts'
import { rejection, startPair } from '../net/peers.ts'
import { bytesOf, offerOf, recoverCheap } from './offers.ts'

const newBook = () => createBook({ domain, recover: recoverCheap, token: TOKEN, nowSec: () => NOW })

/** A peer that answers with these frames, whatever they are, and tells how it ended. */
async function serve(network: Network, frames: Iterable<unknown>): Promise<{ error: Promise<string | undefined> }> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  await network.handle(
    bookProtocol(network.name),
    async stream => {
      const messages = createMessageStream(stream, { messageBytesMax: BOOK_FRAME_BYTES_MAX })
      await messages.next()
      try {
        for (const frame of frames) await messages.send(frame)
        await messages.close()
        await messages.next()
      } catch {
        // What matters is how the stream ended.
      }
      await messages.closed
      resolve(messages.error?.code)
    },
    { streamsPerPeerMax: 2, streamsMax: 2 }
  )
  return { error: promise }
}

describe('a peer’s book', () => {
  it('arrives whole, in several frames', async () => {
    const { client, server, connection } = await startPair()
    const theirs = newBook()
    for (let i = 0; i < 150; i++) theirs.add(bytesOf(offerOf(i, { multiaddrs: new Array(8).fill('x'.repeat(320)) })))
    expect(theirs.snapshot(SNAPSHOT_BYTES_MAX).reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(
      BOOK_FRAME_BYTES_MAX
    )
    await serveBook(server, theirs)
    const ours = newBook()
    ours.add(bytesOf(offerOf(0)))
    expect(await fetchBook(client, connection.remotePeer, ours)).toBe(149)
    expect(ours.size).toBe(150)
    expect(await fetchBook(client, connection.remotePeer, ours)).toBe(0)
  })

  it('may be empty', async () => {
    const { client, server, connection } = await startPair()
    await serveBook(server, newBook())
    expect(await fetchBook(client, connection.remotePeer, newBook())).toBe(0)
  })

  it('of nonsense adds nothing', async () => {
    const { client, server, connection } = await startPair()
    await serve(server, [null, 7, { offers: [] }, ['text', 1, null, new Uint8Array(3)], [bytesOf(offerOf(1))]])
    const ours = newBook()
    expect(await fetchBook(client, connection.remotePeer, ours)).toBe(1)
  })

  it(`with ${SNAPSHOT_OFFERS_MAX} offers is read to its end`, async () => {
    const { client, server, connection } = await startPair()
    const page = new Array(SNAPSHOT_OFFERS_MAX / 2).fill(new Uint8Array(1))
    await serve(server, [page, page])
    expect(await fetchBook(client, connection.remotePeer, newBook())).toBe(0)
  })

  it(`with one offer above ${SNAPSHOT_OFFERS_MAX} is cut off, and what came before it is kept`, async () => {
    const { client, server, connection } = await startPair()
    const page = new Array(SNAPSHOT_OFFERS_MAX / 2).fill(new Uint8Array(1))
    const mine = [bytesOf(offerOf(1)), ...page.slice(1)]
    const ended = await serve(server, [mine, page, [new Uint8Array(1)], page, page])
    const ours = newBook()
    expect(await rejection(fetchBook(client, connection.remotePeer, ours))).toMatchObject({ code: 'E_BOOK_TOO_LARGE' })
    expect(ours.size).toBe(1)
    expect(await ended.error).toBe('E_STREAM_RESET')
  })

  it('whose frames are too large is cut off', async () => {
    const { client, server, connection } = await startPair()
    await server.handle(
      bookProtocol(server.name),
      async stream => {
        const messages = createMessageStream(stream, { messageBytesMax: 4 * BOOK_FRAME_BYTES_MAX })
        await messages.next()
        await messages.send([new Uint8Array(BOOK_FRAME_BYTES_MAX)]).catch(() => {})
        await messages.closed
      },
      { streamsPerPeerMax: 2, streamsMax: 2 }
    )
    expect(await rejection(fetchBook(client, connection.remotePeer, newBook()))).toMatchObject({
      code: 'E_FRAME_TOO_LARGE'
    })
  })

  it('is not waited for once nobody wants it', async () => {
    const { client, server, connection } = await startPair()
    const forever = Promise.withResolvers<void>()
    await server.handle(bookProtocol(server.name), () => forever.promise, { streamsPerPeerMax: 2, streamsMax: 2 })
    const abort = new AbortController()
    const fetched = rejection(fetchBook(client, connection.remotePeer, newBook(), abort.signal))
    abort.abort(new Error('enough'))
    await fetched
    forever.resolve()
  })
})
