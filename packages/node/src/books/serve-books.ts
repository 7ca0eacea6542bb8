import { encodeValue, type IterateRange, type Store } from '@archipel/client'
import type { ControlAnswer } from '../control/control-server.ts'
import { GET_PATH, LIST_PATH, PAGE_BYTES, PAGE_ENTRIES_MAX, type Page } from './wire.ts'

/** Lets others read a store that this process has open. Nothing can be changed this way. */
export function serveBooks(store: Pick<Store, 'table'>): Record<string, ControlAnswer> {
  const tableOf = (query: URLSearchParams) => store.table<unknown>(query.get('table') ?? '')
  return {
    async [GET_PATH](query) {
      const value = await tableOf(query).get(query.get('key') ?? '')
      return value === undefined ? undefined : encodeValue(value)
    },
    async [LIST_PATH](query) {
      return encodeValue(await readPage(tableOf(query).iterate(rangeOf(query))))
    }
  }
}

async function readPage(all: AsyncIterable<[string, unknown]>): Promise<Page> {
  const entries: [string, Uint8Array][] = []
  let bytes = 0
  for await (const [key, value] of all) {
    if (entries.length === PAGE_ENTRIES_MAX || bytes >= PAGE_BYTES) return { entries, isPart: true }
    const encoded = encodeValue(value)
    entries.push([key, encoded])
    bytes += encoded.length
  }
  return { entries, isPart: false }
}

function rangeOf(query: URLSearchParams): IterateRange {
  const [gte, lt, limit] = ['gte', 'lt', 'limit'].map(name => query.get(name))
  return {
    reverse: query.has('reverse'),
    ...(gte === null || gte === undefined ? {} : { gte }),
    ...(lt === null || lt === undefined ? {} : { lt }),
    ...(limit === null || limit === undefined ? {} : { limit: Number(limit) })
  }
}
