import { Agent } from 'node:http'
import { decodeValue, type IterateRange, type Store, type Table } from '@archipel/client'
import { CodedError } from '@archipel/protocol'
import { type AskControlOptions, askControl, type ControlReply } from '../control/control-client.ts'
import { ANSWER_BYTES_MAX, GET_PATH, LIST_PATH, type Page } from './wire.ts'

/** Fewer than the socket takes at once, so that several readers have room beside each other. */
const QUESTIONS_AT_ONCE = 4

/**
 * The store of another process, to be read. Not a snapshot: pages of a long table are of different moments.
 *
 * @returns undefined when no process answers at the socket
 */
export async function connectBooks(path: string, signal: AbortSignal): Promise<Store | undefined> {
  const isThere =
    (await askControl(path, `${LIST_PATH}?table=jobs&limit=1`, { signal, bytesMax: ANSWER_BYTES_MAX })) !== undefined
  if (!isThere) return undefined
  const agent = new Agent({ maxSockets: QUESTIONS_AT_ONCE })
  return {
    table: name => createRemoteTable(path, name, { signal, agent }),
    commit: () => Promise.reject(readOnly()),
    isFull: false,
    onFailure: () => {},
    close: async () => {}
  }
}

function createRemoteTable<V>(path: string, name: string, how: Pick<AskControlOptions, 'signal' | 'agent'>): Table<V> {
  async function ask(url: string, query: Record<string, string | number>): Promise<ControlReply> {
    const text = new URLSearchParams(
      Object.entries({ table: name, ...query }).map(([key, value]) => [key, String(value)])
    )
    const reply = await askControl(path, `${url}?${text}`, { ...how, bytesMax: ANSWER_BYTES_MAX }).catch(gone)
    if (reply === undefined || (reply.statusCode !== 200 && reply.statusCode !== 404)) throw booksGone(reply)
    return reply
  }
  return {
    name,
    async get(key) {
      const { statusCode, bytes } = await ask(GET_PATH, { key })
      return statusCode === 404 ? undefined : (decodeValue(bytes) as V)
    },
    put() {
      throw readOnly()
    },
    del() {
      throw readOnly()
    },
    async *iterate({ gte, lt, reverse = false, limit }: IterateRange = {}) {
      let [from, to, left] = [gte, lt, limit ?? Number.POSITIVE_INFINITY]
      while (left > 0) {
        const { bytes } = await ask(LIST_PATH, {
          ...(from === undefined ? {} : { gte: from }),
          ...(to === undefined ? {} : { lt: to }),
          ...(reverse ? { reverse: 1 } : {}),
          ...(Number.isFinite(left) ? { limit: left } : {})
        })
        const { entries, isPart } = decodeValue(bytes) as Page
        for (const [key, value] of entries) yield [key, decodeValue(value) as V]
        left -= entries.length
        const last = entries.at(-1)?.[0]
        if (!isPart || last === undefined) return
        if (reverse) to = last
        // The key that sorts right behind it.
        else from = `${last}\u0000`
      }
    }
  }
}

function gone(cause: unknown): never {
  throw booksGone(undefined, cause)
}

/** The process ended while it was asked: whoever reads may start again. */
function booksGone(reply: ControlReply | undefined, cause?: unknown): CodedError {
  const why = reply === undefined ? '' : `: ${reply.bytes.subarray(0, 200).toString('utf8')}`
  return new CodedError('E_BOOKS_GONE', `the process that has the books open stopped answering${why}`, {
    hint: 'try again',
    cause
  })
}

function readOnly(): CodedError {
  return new CodedError('E_ASSERT', 'the books of another process are only read')
}
