import { escapeLines } from './escape.ts'

/** Grows only when a field of an answer changes its meaning or goes away. */
export const SCHEMA_VERSION = 1

/**
 * JSON for programs: amounts and other big integers as decimal strings, bytes as 0x-hex, unsafe characters escaped
 * (which JSON.stringify does for C0 alone).
 */
export function toJson(value: unknown, indent = 2): string {
  return escapeLines(JSON.stringify(value, replacer, indent))
}

/** The same values as plain objects: what JSON.parse would give back. */
export function toPlain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, replacer))
}

function replacer(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  // Buffer has a toJSON of its own that comes first: look at the value as it was.
  const original = (this as Record<string, unknown>)[key]
  if (original instanceof Uint8Array) return `0x${Buffer.from(original).toString('hex')}`
  if (value instanceof Map) return Object.fromEntries(value)
  if (value instanceof Set) return [...value]
  return value
}
