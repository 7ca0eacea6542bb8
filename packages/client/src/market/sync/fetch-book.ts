import { CodedError, isCodedError, SchemaError } from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import {
  bookProtocol,
  createMessageStream,
  type DialTarget,
  type MessageStream,
  type Network,
  snapshotProtocol,
  timeoutSignal
} from '../../net/index.ts'
import type { Book } from '../book/book.ts'
import type { OfferFilter } from '../book/filter.ts'
import {
  BOOK_BAD_OFFERS_MAX,
  BOOK_FRAME_BYTES_MAX,
  BOOK_TIMEOUT_MS,
  SNAPSHOT_BYTES_MAX,
  SNAPSHOT_OFFERS_MAX
} from '../limits.ts'
import { createDigestTree } from './digest-tree.ts'
import { createReconciliation } from './reconciliation.ts'
import { type BookRequest, partsFromWire, requestToWire } from './wire.ts'

/** Takes a page of encoded offers; says how many were new here, and how many no honest peer would have sent. */
export type TakeOffers = (
  page: readonly Uint8Array[],
  signal: AbortSignal
) => Promise<{ readonly added: number; readonly bad: number }>

export interface FetchBookOptions {
  /** Only these offers. Default: all. */
  filter?: OfferFilter | undefined
  /** Where offers go. Default: straight into the book. */
  take?: TakeOffers | undefined
  signal?: AbortSignal | undefined
}

/**
 * Adds a peer's book to ours. Who has nothing yet takes all of it; who has something finds out what differs and takes that.
 *
 * @returns how many offers were new here
 * @throws CodedError E_BOOK_TOO_LARGE, E_BOOK_LIES, E_BOOK_FAILED, or what the stream failed with
 */
export async function fetchBook(
  network: Network,
  peer: PeerId | DialTarget,
  book: Book,
  { filter = {}, take = takeInto(book), signal }: FetchBookOptions = {}
): Promise<number> {
  const bounded = timeoutSignal(BOOK_TIMEOUT_MS, signal)
  const connection = await network.connect(peer, { signal: bounded })
  const open = async (protocol: string) =>
    createMessageStream(await network.openStream(connection, protocol, { signal: bounded }), {
      messageBytesMax: BOOK_FRAME_BYTES_MAX
    })
  try {
    const messages = await open(bookProtocol(network.name))
    return await closing(messages, () => compare({ messages, book, filter, take, signal: bounded }))
  } catch (err) {
    if (!isCodedError(err) || err.code !== 'E_PROTOCOL_UNSUPPORTED') throw err
    const messages = await open(snapshotProtocol(network.name))
    return await closing(messages, () => takeWhole({ messages, book, filter, take, signal: bounded }))
  }
}

interface Fetch {
  readonly messages: MessageStream
  readonly book: Book
  readonly filter: OfferFilter
  readonly take: TakeOffers
  readonly signal: AbortSignal
}

async function closing(messages: MessageStream, work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (err) {
    messages.abort(isCodedError(err) ? err : new CodedError('E_BOOK_FAILED', 'the book did not arrive', { cause: err }))
    throw err
  }
}

async function compare(fetch: Fetch): Promise<number> {
  const { messages, book, filter, signal } = fetch
  const intake = createIntake(fetch)
  const ask = (request: BookRequest) => messages.send(requestToWire(request), { signal })

  async function takeOffers(): Promise<void> {
    for (;;) {
      const page = pageOf(await next(fetch))
      if (page.length === 0) return
      await intake.take(page)
    }
  }

  await ask({ type: 'filter', filter })
  const own = book.entries(filter)
  if (own.length === 0) {
    await ask({ type: 'all' })
    await takeOffers()
  } else {
    const differences = createReconciliation(createDigestTree(own))
    for (let prefixes = differences.nextPrefixes(); prefixes.length > 0; prefixes = differences.nextPrefixes()) {
      await ask({ type: 'describe', prefixes })
      const parts = partsFromWire(await next(fetch), prefixes.length)
      for (const [i, prefix] of prefixes.entries()) differences.take(prefix, parts[i]!)
    }
    for (let ids = differences.nextIds(); ids.length > 0; ids = differences.nextIds()) {
      await ask({ type: 'send', ids })
      await takeOffers()
    }
  }
  await messages.close({ signal })
  return intake.added
}

/** Version 2 of the protocol: we send `null`, and offers come until the stream closes. */
async function takeWhole(fetch: Fetch): Promise<number> {
  const { messages, signal } = fetch
  const intake = createIntake(fetch)
  await messages.send(null, { signal })
  for await (const page of messages.receive({ signal }))
    await intake.take(Array.isArray(page) ? page.filter(entry => entry instanceof Uint8Array) : [])
  await messages.close({ signal })
  return intake.added
}

/** Counts what arrives: a peer that sends without end, or nonsense, costs no more than this. */
function createIntake({ take, signal }: Fetch) {
  let offers = 0
  let bytes = 0
  let bad = 0
  let added = 0
  return {
    get added() {
      return added
    },
    async take(page: readonly Uint8Array[]): Promise<void> {
      offers += page.length
      bytes += page.reduce((sum, { length }) => sum + length, 0)
      if (offers > SNAPSHOT_OFFERS_MAX || bytes > SNAPSHOT_BYTES_MAX)
        throw new CodedError('E_BOOK_TOO_LARGE', 'a peer sends more offers than a book holds', {
          facts: { offers, bytes }
        })
      const taken = await take(page, signal)
      added += taken.added
      bad += taken.bad
      if (bad > BOOK_BAD_OFFERS_MAX)
        throw new CodedError('E_BOOK_LIES', 'a peer sends offers that nobody signed', { facts: { bad } })
    }
  }
}

async function next({ messages, signal }: Fetch): Promise<unknown> {
  const message = await messages.next({ signal })
  if (message === undefined) throw new CodedError('E_BOOK_FAILED', 'the peer closed before it had answered')
  return message
}

function pageOf(message: unknown): Uint8Array[] {
  if (Array.isArray(message) && message.every(entry => entry instanceof Uint8Array)) return message
  throw new SchemaError('Page', 'a list of encoded offers', message)
}

/** Straight into the book: where nobody's word is backed by a bond. */
export function takeInto(book: Book): TakeOffers {
  return async page => {
    const verdicts = page.map(data => book.add(data))
    return {
      added: verdicts.filter(verdict => verdict === 'accept').length,
      bad: verdicts.filter(verdict => verdict === 'reject').length
    }
  }
}
