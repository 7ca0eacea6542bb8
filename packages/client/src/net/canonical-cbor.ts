import { CodedError } from '@archipel/protocol'
import * as dagCbor from '@ipld/dag-cbor'
import { equals } from 'uint8arrays'

/** dag-cbor bytes of a value. Throws E_MESSAGE_INVALID for what dag-cbor can't say (undefined, NaN, functions, …). */
export function encodeCanonical(value: unknown): Uint8Array {
  try {
    return dagCbor.encode(value)
  } catch (cause) {
    throw new CodedError('E_MESSAGE_INVALID', 'this value has no dag-cbor form', { cause })
  }
}

/**
 * The value of canonical dag-cbor bytes. The decoder alone is too kind: it accepts unsorted keys and short floats, so
 * one value would have many encodings. Throws E_MESSAGE_INVALID (also for nesting that exhausts the stack) or
 * E_MESSAGE_NOT_CANONICAL.
 */
export function decodeCanonical(bytes: Uint8Array): unknown {
  let value: unknown
  let again: Uint8Array
  try {
    value = dagCbor.decode(bytes)
    again = dagCbor.encode(value)
  } catch (cause) {
    throw new CodedError('E_MESSAGE_INVALID', 'these bytes are not a dag-cbor message', {
      facts: { byteLength: bytes.byteLength },
      cause
    })
  }
  if (!equals(bytes, again)) {
    throw new CodedError('E_MESSAGE_NOT_CANONICAL', 'this message is not in its one canonical form', {
      facts: { byteLength: bytes.byteLength }
    })
  }
  return value
}
