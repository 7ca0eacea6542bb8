import { CodedError } from '../errors.ts'

/** Data that is not what its schema says. From a peer this is never honest: the gossip verdict is reject. */
export class SchemaError extends CodedError<'E_MALFORMED'> {
  override readonly name = 'SchemaError'

  constructor(path: string, expected: string, actual?: unknown) {
    super('E_MALFORMED', `${path}: expected ${expected}, got ${describe(actual)}`, {
      facts: { path, expected },
      hint: 'the sender runs another version of the protocol, or is not honest'
    })
  }
}

function describe(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'string') return `text of ${value.length} characters`
  if (typeof value === 'bigint' || typeof value === 'number') return String(value).slice(0, 40)
  return value === null ? 'null' : typeof value
}
