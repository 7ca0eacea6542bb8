import { toHex } from '../../src/index.ts'

/** What a vector file holds: no number above 2^53, no bytes, no bigint. */
export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json }

/** Bytes as hex, money as decimal text, the rest as it is. */
export function toJson(value: unknown): Json {
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null) {
    // Foundry decodes a JSON object as a tuple of its keys in alphabetical order: write them that way.
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(entries.map(([key, part]) => [key, toJson(part)]))
  }
  throw new TypeError(`no vector holds a ${typeof value}`)
}

/** The text of a vector file. */
export function toText(file: object): string {
  return `${JSON.stringify(toJson(file), null, 2)}\n`
}
