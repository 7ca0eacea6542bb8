import { CodedError, toHex } from '@archipel/protocol'
import { equals } from 'uint8arrays'
import {
  DIGEST_BYTES,
  OFFERS_PER_REQUEST_MAX,
  PREFIX_DIGITS_MAX,
  PREFIXES_PER_REQUEST_MAX,
  PREFIXES_PER_SYNC_MAX,
  SHORT_ID_BYTES,
  SNAPSHOT_OFFERS_MAX
} from '../limits.ts'
import { type DigestTree, HEX_DIGITS, LISTED_BYTES, type Part } from './digest-tree.ts'

/**
 * Finds out which of another peer's offers are news here, by comparing digests from the top down. A peer that makes its
 * answers up can make this ask for no more than the bounds, and for nothing twice.
 */
export interface Reconciliation {
  /** Parts to ask about next, a request's worth; none once all that differs was looked into. */
  nextPrefixes(): string[]
  /**
   * The answer to {@link Reconciliation.nextPrefixes}, part by part.
   *
   * @throws CodedError E_BOOK_LIES: no honest tree looks like this; E_BOOK_TOO_LARGE
   */
  take(prefix: string, part: Part): void
  /** Names of offers to ask for next, a request's worth. */
  nextIds(): string[]
}

export function createReconciliation(ours: DigestTree): Reconciliation {
  const open: string[] = ['']
  const wanted: string[] = []
  const seen = new Set<string>()
  let asked = 0

  function takeParts(prefix: string, digests: Uint8Array): void {
    if (digests.length !== HEX_DIGITS.length * DIGEST_BYTES || prefix.length >= PREFIX_DIGITS_MAX)
      throw lies(prefix, 'these are not the digests of its parts')
    for (let i = 0; i < HEX_DIGITS.length; i++) {
      const theirs = digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES)
      const part = prefix + HEX_DIGITS[i]
      if (theirs.every(byte => byte === 0) || equals(theirs, ours.digest(part))) continue
      open.push(part)
    }
  }

  function takeList(prefix: string, list: Uint8Array): void {
    if (list.length % LISTED_BYTES !== 0) throw lies(prefix, 'this is not a list of offers')
    const view = new DataView(list.buffer, list.byteOffset, list.byteLength)
    for (let at = 0; at < list.length; at += LISTED_BYTES) {
      const id = toHex(list.subarray(at, at + SHORT_ID_BYTES)).slice(2)
      if (!id.startsWith(prefix) || seen.has(id)) throw lies(prefix, 'an offer is in the wrong part, or twice')
      seen.add(id)
      if (seen.size > SNAPSHOT_OFFERS_MAX) throw tooLarge()
      if (view.getBigUint64(at + SHORT_ID_BYTES) > (ours.sequenceOf(id) ?? -1)) wanted.push(id)
    }
  }

  return {
    nextPrefixes() {
      const next = open.splice(0, PREFIXES_PER_REQUEST_MAX)
      asked += next.length
      if (asked > PREFIXES_PER_SYNC_MAX) throw tooLarge()
      return next
    },
    take(prefix, part) {
      if (part.type === 'parts') takeParts(prefix, part.digests)
      else takeList(prefix, part.list)
    },
    nextIds: () => wanted.splice(0, OFFERS_PER_REQUEST_MAX)
  }
}

function lies(prefix: string, why: string): CodedError {
  return new CodedError('E_BOOK_LIES', `a peer describes a book that cannot be: ${why}`, { facts: { prefix, why } })
}

function tooLarge(): CodedError {
  return new CodedError('E_BOOK_TOO_LARGE', 'a peer sends more offers than a book holds')
}
