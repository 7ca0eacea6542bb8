import { type Address, fromHex, type Offer } from '@archipel/protocol'
import { sha256 } from '@noble/hashes/sha2.js'
import { DIGEST_BYTES, LEAF_OFFERS_MAX, PREFIX_DIGITS_MAX, SHORT_ID_BYTES } from '../limits.ts'

/**
 * What somebody's offers are, told in few bytes. Offers are sorted by their providers' addresses; a part of the tree is
 * all offers whose address begins with some hexadecimal digits. A part of many offers is told by the digests of its
 * sixteen parts, one of few by a list. Two trees with the same digest hold the same offers, so whoever compares them looks
 * only into what differs.
 */
export interface DigestTree {
  readonly size: number
  /** What this part is told by. `prefix` is hexadecimal digits, at most {@link PREFIX_DIGITS_MAX}. */
  describe(prefix: string): Part
  /** The digest of a part; all zeros for none. */
  digest(prefix: string): Uint8Array
  /** The sequence of the offer by this name; undefined when there is none. */
  sequenceOf(id: string): number | undefined
  /** The encoded offer by this name. */
  dataOf(id: string): Uint8Array | undefined
}

/** Digests of sixteen parts, one after another; or the offers themselves, each as its name and sequence. */
export type Part =
  | { readonly type: 'parts'; readonly digests: Uint8Array }
  | { readonly type: 'offers'; readonly list: Uint8Array }

/** What the tree is made of. */
export interface TreeItem {
  readonly offer: { readonly body: Pick<Offer, 'provider' | 'sequence'> }
  readonly data: Uint8Array
}

/** Bytes of one offer in a list: its name and its sequence. */
export const LISTED_BYTES = SHORT_ID_BYTES + 8
export const PREFIX = new RegExp(`^[0-9a-f]{0,${PREFIX_DIGITS_MAX}}$`)
export const HEX_DIGITS = '0123456789abcdef'

/** How lists name a provider: the first digits of its address. */
export function shortIdOf(provider: Address): string {
  return provider.slice(2, 2 + 2 * SHORT_ID_BYTES)
}

/** The tree as of now: later changes of what it was made of do not count. */
export function createDigestTree(items: readonly TreeItem[]): DigestTree {
  const sorted = items
    .map(({ offer, data }) => ({ address: offer.body.provider.slice(2), sequence: offer.body.sequence, data }))
    .sort((a, b) => (a.address < b.address ? -1 : 1))
  const byId = new Map(sorted.map(item => [item.address.slice(0, 2 * SHORT_ID_BYTES), item]))
  const digests = new Map<string, Uint8Array>()

  /** The first place whose address is not below `prefix`. */
  function placeOf(prefix: string): number {
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sorted[middle]!.address < prefix) low = middle + 1
      else high = middle
    }
    return low
  }

  /** From where to where a part lies; `g` sorts after every digit. */
  const rangeOf = (prefix: string) => [placeOf(prefix), placeOf(`${prefix}g`)] as const

  function digest(prefix: string): Uint8Array {
    const known = digests.get(prefix)
    if (known !== undefined) return known
    const [from, to] = rangeOf(prefix)
    const made = from === to ? new Uint8Array(DIGEST_BYTES) : digestOfRange(sorted.slice(from, to))
    digests.set(prefix, made)
    return made
  }

  return {
    size: sorted.length,
    digest,
    describe(prefix) {
      const [from, to] = rangeOf(prefix)
      if (to - from <= LEAF_OFFERS_MAX || prefix.length >= PREFIX_DIGITS_MAX)
        return { type: 'offers', list: listOf(sorted.slice(from, Math.min(to, from + LEAF_OFFERS_MAX))) }
      const all = new Uint8Array(HEX_DIGITS.length * DIGEST_BYTES)
      for (let i = 0; i < HEX_DIGITS.length; i++) all.set(digest(prefix + HEX_DIGITS[i]), i * DIGEST_BYTES)
      return { type: 'parts', digests: all }
    },
    sequenceOf: id => byId.get(id)?.sequence,
    dataOf: id => byId.get(id)?.data
  }
}

interface Sorted {
  readonly address: string
  readonly sequence: number
}

/** Hashed and not summed: who chooses what it offers could make sums agree that should not. */
function digestOfRange(range: readonly Sorted[]): Uint8Array {
  const bytes = new Uint8Array(range.length * 28)
  const view = new DataView(bytes.buffer)
  range.forEach(({ address, sequence }, i) => {
    bytes.set(fromHex(`0x${address}`), 28 * i)
    view.setBigUint64(28 * i + 20, BigInt(sequence))
  })
  return sha256(bytes).subarray(0, DIGEST_BYTES)
}

function listOf(range: readonly Sorted[]): Uint8Array {
  const list = new Uint8Array(range.length * LISTED_BYTES)
  const view = new DataView(list.buffer)
  range.forEach(({ address, sequence }, i) => {
    list.set(fromHex(`0x${address.slice(0, 2 * SHORT_ID_BYTES)}`), i * LISTED_BYTES)
    view.setBigUint64(i * LISTED_BYTES + SHORT_ID_BYTES, BigInt(sequence))
  })
  return list
}
