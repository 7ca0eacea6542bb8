import { fromHex, SchemaError, toHex } from '@archipel/protocol'
import { filterFromWire, filterToWire, type OfferFilter } from '../book/filter.ts'
import { OFFERS_PER_REQUEST_MAX, PREFIXES_PER_REQUEST_MAX, SHORT_ID_BYTES } from '../limits.ts'
import { type Part, PREFIX } from './digest-tree.ts'

/**
 * What the asker says. First a filter, which holds for the whole stream; then any number of the others. `describe` is
 * answered by one frame, a list of parts in the order of the prefixes; `send` and `all` by frames that are lists of encoded
 * offers, the last of them empty.
 */
export type BookRequest =
  | { readonly type: 'filter'; readonly filter: OfferFilter }
  | { readonly type: 'describe'; readonly prefixes: readonly string[] }
  | { readonly type: 'send'; readonly ids: readonly string[] }
  | { readonly type: 'all' }

const FILTER = 0
const DESCRIBE = 1
const SEND = 2
const ALL = 3

export function requestToWire(request: BookRequest): unknown {
  switch (request.type) {
    case 'filter':
      return [FILTER, filterToWire(request.filter)]
    case 'describe':
      return [DESCRIBE, request.prefixes]
    case 'send':
      return [SEND, fromHex(`0x${request.ids.join('')}`)]
    case 'all':
      return [ALL, null]
  }
}

/** @throws SchemaError */
export function requestFromWire(data: unknown): BookRequest {
  if (!Array.isArray(data) || data.length !== 2)
    throw new SchemaError('BookRequest', 'a kind and what it is about', data)
  const [kind, about] = data
  if (kind === FILTER) return { type: 'filter', filter: filterFromWire(about) }
  if (kind === DESCRIBE) return { type: 'describe', prefixes: prefixesFromWire(about) }
  if (kind === SEND) return { type: 'send', ids: idsFromWire(about) }
  if (kind === ALL && about === null) return { type: 'all' }
  throw new SchemaError('BookRequest', 'a known kind', kind)
}

function prefixesFromWire(data: unknown): string[] {
  const isFine = (prefix: unknown) => typeof prefix === 'string' && PREFIX.test(prefix)
  if (!Array.isArray(data) || data.length > PREFIXES_PER_REQUEST_MAX || !data.every(isFine))
    throw new SchemaError('BookRequest', `at most ${PREFIXES_PER_REQUEST_MAX} prefixes`, data)
  if (new Set(data).size !== data.length) throw new SchemaError('BookRequest', 'each prefix once', data)
  return data
}

function idsFromWire(data: unknown): string[] {
  if (
    !(data instanceof Uint8Array) ||
    data.length % SHORT_ID_BYTES !== 0 ||
    data.length > OFFERS_PER_REQUEST_MAX * SHORT_ID_BYTES
  )
    throw new SchemaError('BookRequest', `at most ${OFFERS_PER_REQUEST_MAX} names`, data)
  const ids: string[] = []
  for (let at = 0; at < data.length; at += SHORT_ID_BYTES)
    ids.push(toHex(data.subarray(at, at + SHORT_ID_BYTES)).slice(2))
  return ids
}

const PARTS = 0
const OFFERS = 1

export function partsToWire(parts: readonly Part[]): unknown {
  return parts.map(part => (part.type === 'parts' ? [PARTS, part.digests] : [OFFERS, part.list]))
}

/** @param count how many were asked for @throws SchemaError */
export function partsFromWire(data: unknown, count: number): Part[] {
  if (!Array.isArray(data) || data.length !== count) throw new SchemaError('Parts', `${count} parts`, data)
  return data.map((entry, i) => {
    const [kind, bytes] = Array.isArray(entry) && entry.length === 2 ? entry : []
    if (kind === PARTS && bytes instanceof Uint8Array) return { type: 'parts', digests: bytes }
    if (kind === OFFERS && bytes instanceof Uint8Array) return { type: 'offers', list: bytes }
    throw new SchemaError(`Parts[${i}]`, 'digests or offers', entry)
  })
}
