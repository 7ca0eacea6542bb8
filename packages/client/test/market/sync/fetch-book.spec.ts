import type { Connection } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { createBook } from '../../../src/market/book/book.ts'
import {
  BOOK_BAD_OFFERS_MAX,
  BOOK_FRAME_BYTES_MAX,
  BOOK_REQUEST_BYTES_MAX,
  BOOK_STREAMS_PER_PEER_MAX,
  BOOK_SYNCS_BURST,
  OFFERS_PER_REQUEST_MAX,
  PREFIXES_PER_REQUEST_MAX,
  REQUESTS_PER_STREAM_MAX,
  SNAPSHOT_OFFERS_MAX
} from '../../../src/market/limits.ts'
import { fetchBook } from '../../../src/market/sync/fetch-book.ts'
import { serveBook } from '../../../src/market/sync/serve-book.ts'
import {
  bookProtocol,
  createMessageStream,
  type MessageStream,
  type Network,
  snapshotProtocol
} from '../../../src/net/index.ts'
import { domain, NOW, TOKEN } from '../../job/host.ts'
import { rejection, startPair, startPeer } from '../../net/peers.ts'
import { bytesOf, cheapSigner, offerOf, recoverCheap } from '../offers.ts'

const newBook = () => createBook({ domain, recover: recoverCheap, token: TOKEN, nowSec: () => NOW })

/** Books of both sides: `shared` providers in both, and some of their own. */
function booksOf({ shared, ours = 0, theirs = 0 }: { shared: number; ours?: number; theirs?: number }) {
  const [mine, their] = [newBook(), newBook()]
  for (let i = 0; i < shared; i++) for (const book of [mine, their]) book.add(bytesOf(offerOf(i)))
  for (let i = 0; i < ours; i++) mine.add(bytesOf(offerOf(10_000 + i)))
  for (let i = 0; i < theirs; i++) their.add(bytesOf(offerOf(20_000 + i)))
  return { mine, their }
}

/** A peer that answers each request as it likes, and tells how the stream ended. */
async function serve(
  network: Network,
  answer: (messages: MessageStream, request: unknown) => Promise<unknown>,
  protocol = bookProtocol(network.name)
): Promise<{ error: Promise<string | undefined>; sent: () => number }> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  let sent = 0
  await network.handle(
    protocol,
    async stream => {
      const messages = createMessageStream(stream, { messageBytesMax: 4 * BOOK_FRAME_BYTES_MAX })
      const counting: MessageStream = {
        ...messages,
        send(message, options) {
          sent++
          return messages.send(message, options)
        }
      }
      try {
        for await (const request of messages.receive()) await answer(counting, request)
        await messages.close()
      } catch {
        // What matters is how the stream ended.
      }
      await messages.closed
      resolve(messages.error?.code)
    },
    { streamsPerPeerMax: 2, streamsMax: 2 }
  )
  return { error: promise, sent: () => sent }
}

const isFor = (request: unknown, kind: number) => Array.isArray(request) && request[0] === kind
const ALL = 3
const DESCRIBE = 1
const SEND = 2

/** How many bytes a fetch moved, as its connection's streams carried them. */
async function fetched(client: Network, connection: Connection, mine: ReturnType<typeof newBook>) {
  return { added: await fetchBook(client, connection.remotePeer, mine) }
}

describe('a peer’s book', () => {
  it('arrives whole where there is none yet, in several frames', async () => {
    const { client, server, connection } = await startPair()
    const theirs = newBook()
    for (let i = 0; i < 150; i++) theirs.add(bytesOf(offerOf(i, { multiaddrs: new Array(8).fill('x'.repeat(320)) })))
    expect(theirs.snapshot(1 << 30).reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(BOOK_FRAME_BYTES_MAX)
    await serveBook(server, theirs)
    const ours = newBook()
    expect(await fetched(client, connection, ours)).toEqual({ added: 150 })
    expect(await fetched(client, connection, ours)).toEqual({ added: 0 })
  })

  it('may be empty', async () => {
    const { client, server, connection } = await startPair()
    await serveBook(server, newBook())
    expect(await fetched(client, connection, newBook())).toEqual({ added: 0 })
    expect(await fetched(client, connection, booksOf({ shared: 3 }).mine)).toEqual({ added: 0 })
  })

  it('is asked only for what differs', async () => {
    const { client, server, connection } = await startPair()
    const { mine, their } = booksOf({ shared: 400, ours: 5, theirs: 7 })
    their.add(bytesOf(offerOf(3, { sequence: 2 })))
    mine.add(bytesOf(offerOf(4, { sequence: 2 })))
    await serveBook(server, their)
    const pages: number[] = []
    const added = await fetchBook(client, connection.remotePeer, mine, {
      async take(page) {
        pages.push(page.length)
        return { added: page.filter(data => mine.add(data) === 'accept').length, bad: 0 }
      }
    })
    expect(added).toBe(8)
    expect(pages).toEqual([8])
    expect(mine.size).toBe(412)
    expect(mine.get(cheapSigner(3).address)?.offer.body.sequence).toBe(2)
  })

  it('is asked only for what matches', async () => {
    const { client, server, connection } = await startPair()
    const theirs = newBook()
    const domains = (region: string) => ({ domains: { site: 's', network: 'n', region, grid: 'g' } })
    for (let i = 0; i < 60; i++) theirs.add(bytesOf(offerOf(i, domains(i % 3 === 0 ? 'eu' : 'us'))))
    await serveBook(server, theirs)
    const ours = newBook()
    const filter = { regions: ['eu'], runtime: 'wasm' }
    expect(await fetchBook(client, connection.remotePeer, ours, { filter })).toBe(20)
    expect(await fetchBook(client, connection.remotePeer, ours, { filter })).toBe(0)
    expect(await fetchBook(client, connection.remotePeer, ours, { filter: { regions: ['us'] } })).toBe(40)
  })

  it('is merged from several, also where one of them lies', async () => {
    const client = await startPeer()
    const ours = newBook()
    const honest = await startPeer()
    await serveBook(honest, booksOf({ shared: 50 }).mine)
    const liars = await Promise.all([startPeer(), startPeer(), startPeer()])
    // One leaves most of it out, one sends junk, one never stops.
    await serveBook(liars[0]!, booksOf({ shared: 3 }).mine)
    await serve(liars[1]!, async messages => messages.send([new Uint8Array(300)]).then(() => messages.send(7)))
    const endless = await serve(liars[2]!, async messages => {
      for (;;) await messages.send(Array.from({ length: 1_000 }, () => new Uint8Array(200)))
    })
    const results = await Promise.allSettled(
      [...liars, honest].map(peer => fetchBook(client, peer.addresses().map(String), ours))
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(ours.size).toBe(50)
    expect(endless.sent()).toBeLessThan(100)
  })

  it('comes as a snapshot from a peer of the version before, and goes as one to it', async () => {
    const { client, server, connection } = await startPair()
    const theirs = booksOf({ shared: 30 }).mine
    await serve(
      server,
      messages => messages.send(theirs.snapshot(1 << 20)).then(() => messages.close()),
      snapshotProtocol('test')
    )
    const ours = newBook()
    expect(await fetchBook(client, connection.remotePeer, ours)).toBe(30)
    await serveBook(client, ours)
    const stream = await server.openStream(client.peerId, snapshotProtocol('test'))
    const messages = createMessageStream(stream, { messageBytesMax: BOOK_FRAME_BYTES_MAX })
    await messages.send(null)
    const pages = await Array.fromAsync(messages.receive())
    expect(pages.flat()).toHaveLength(30)
  })
})

describe('who asks for a book', () => {
  it(`reads ${SNAPSHOT_OFFERS_MAX} offers to their end, and not one more`, async () => {
    const { client, server, connection } = await startPair()
    const page = new Array(SNAPSHOT_OFFERS_MAX / 4).fill(new Uint8Array(1))
    let more = false
    const take = async (offers: readonly Uint8Array[]) => ({ added: offers.length, bad: 0 })
    await serve(server, async (messages, request) => {
      if (!isFor(request, ALL)) return
      for (let i = 0; i < 4; i++) await messages.send(page)
      if (more) await messages.send([new Uint8Array(1)])
      await messages.send([])
    })
    expect(await fetchBook(client, connection.remotePeer, newBook(), { take })).toBe(SNAPSHOT_OFFERS_MAX)
    more = true
    expect(await rejection(fetchBook(client, connection.remotePeer, newBook(), { take }))).toMatchObject({
      code: 'E_BOOK_TOO_LARGE'
    })
  })

  it(`gives up on a peer that sends more than ${BOOK_BAD_OFFERS_MAX} forged offers, and keeps what came before`, async () => {
    const { client, server, connection } = await startPair()
    const forged = (count: number) =>
      Array.from({ length: count }, (_, i) => bytesOf({ ...offerOf(i + 10), signature: new Uint8Array(64) }))
    let count = BOOK_BAD_OFFERS_MAX
    await serve(server, async (messages, request) => {
      if (!isFor(request, ALL)) return
      await messages.send([bytesOf(offerOf(1)), ...forged(count)])
      await messages.send([])
    })
    expect(await fetchBook(client, connection.remotePeer, newBook())).toBe(1)
    count++
    const ours = newBook()
    expect(await rejection(fetchBook(client, connection.remotePeer, ours))).toMatchObject({ code: 'E_BOOK_LIES' })
    expect(ours.size).toBe(1)
  })

  it('cuts off a peer whose frames are too large', async () => {
    const { client, server, connection } = await startPair()
    await serve(server, messages => messages.send([new Uint8Array(BOOK_FRAME_BYTES_MAX)]))
    expect(await rejection(fetchBook(client, connection.remotePeer, newBook()))).toMatchObject({
      code: 'E_FRAME_TOO_LARGE'
    })
  })

  it.each([
    [
      'describes other parts than were asked for',
      [
        [0, new Uint8Array(128)],
        [0, new Uint8Array(128)]
      ]
    ],
    ['says nothing', null],
    ['sends parts of no known kind', [[2, new Uint8Array(1)]]]
  ])('gives up on a peer that %s', async (_what, answer) => {
    const { client, server, connection } = await startPair()
    await serve(server, async (messages, request) => isFor(request, DESCRIBE) && messages.send(answer))
    expect(await rejection(fetchBook(client, connection.remotePeer, booksOf({ shared: 2 }).mine))).toMatchObject({
      code: 'E_MALFORMED'
    })
  })

  it('asks a peer that makes up parts without end for no more than a bound', async () => {
    const { client, server, connection } = await startPair()
    const { sent, error } = await serve(server, async (messages, request) => {
      if (!isFor(request, DESCRIBE)) return
      const [, prefixes] = request as [number, string[]]
      await messages.send(prefixes.map(() => [0, crypto.getRandomValues(new Uint8Array(128))]))
    })
    expect(await rejection(fetchBook(client, connection.remotePeer, booksOf({ shared: 2 }).mine))).toMatchObject({
      code: 'E_BOOK_TOO_LARGE'
    })
    expect(sent()).toBeLessThanOrEqual(REQUESTS_PER_STREAM_MAX)
    expect(await error).toBe('E_STREAM_RESET')
  })

  it('does not wait once nobody wants it', async () => {
    const { client, server, connection } = await startPair()
    const forever = Promise.withResolvers<void>()
    await server.handle(bookProtocol(server.name), () => forever.promise, { streamsPerPeerMax: 2, streamsMax: 2 })
    const abort = new AbortController()
    const result = rejection(fetchBook(client, connection.remotePeer, newBook(), { signal: abort.signal }))
    abort.abort(new Error('enough'))
    await result
    forever.resolve()
  })
})

describe('who serves a book', () => {
  async function asker(theirs = booksOf({ shared: 20 }).mine) {
    const { client, server, connection } = await startPair()
    await serveBook(server, theirs)
    const open = async () =>
      createMessageStream(await client.openStream(connection, bookProtocol('test')), {
        messageBytesMax: BOOK_FRAME_BYTES_MAX,
        outboundMessageBytesMax: 2 * BOOK_REQUEST_BYTES_MAX
      })
    return { open }
  }

  const prefixes = (count: number) => Array.from({ length: count }, (_, i) => i.toString(16).padStart(4, '0'))
  it.each([
    [`${PREFIXES_PER_REQUEST_MAX} parts`, [DESCRIBE, prefixes(PREFIXES_PER_REQUEST_MAX)], true],
    ['one more', [DESCRIBE, prefixes(PREFIXES_PER_REQUEST_MAX + 1)], false],
    ['the same part twice', [DESCRIBE, ['a', 'a']], false],
    ['a part of no offer', [DESCRIBE, ['xyz']], false],
    ['a part that is too small', [DESCRIBE, ['0'.repeat(13)]], false],
    [`${OFFERS_PER_REQUEST_MAX} offers`, [SEND, new Uint8Array(8 * OFFERS_PER_REQUEST_MAX)], true],
    ['one offer more', [SEND, new Uint8Array(8 * (OFFERS_PER_REQUEST_MAX + 1))], false],
    ['half an offer', [SEND, new Uint8Array(4)], false],
    ['something else', [9, null], false],
    ['a filter of no known form', [0, { runtime: 'wasm' }], false]
  ])('answers a request for %s: %s', async (_what, request, isAnswered) => {
    const { open } = await asker()
    const messages = await open()
    await messages.send(request)
    const answer = await messages.next().catch(() => 'reset')
    if (isAnswered) expect(answer).toBeInstanceOf(Array)
    else expect(answer).toBe('reset')
  })

  it(`answers ${REQUESTS_PER_STREAM_MAX} requests on a stream, and resets it at the next`, async () => {
    const { open } = await asker()
    const messages = await open()
    for (let i = 0; i < REQUESTS_PER_STREAM_MAX; i++) {
      await messages.send([DESCRIBE, ['']])
      expect(await messages.next()).toHaveLength(1)
    }
    await messages.send([DESCRIBE, ['']])
    expect(await rejection(messages.next())).toMatchObject({ code: 'E_STREAM_RESET' })
  })

  it('serves one peer so many streams at once, and compares with it so often', async () => {
    const { open } = await asker()
    const streams = await Promise.all(Array.from({ length: BOOK_STREAMS_PER_PEER_MAX }, open))
    for (const messages of streams) {
      await messages.send([DESCRIBE, ['']])
      expect(await messages.next()).toHaveLength(1)
    }
    const answers = async () => {
      const messages = await open()
      await messages.send([DESCRIBE, ['']]).catch(() => {})
      const answer = await messages.next().catch(() => undefined)
      await messages.close()
      return answer !== undefined
    }
    expect(await answers()).toBe(false)
    await Promise.all(streams.map(messages => messages.close()))
    let served = BOOK_STREAMS_PER_PEER_MAX
    while (served <= 2 * BOOK_SYNCS_BURST && (await answers())) served++
    expect(served).toBeGreaterThanOrEqual(BOOK_SYNCS_BURST)
    expect(served).toBeLessThanOrEqual(BOOK_SYNCS_BURST + 2)
  })
})
