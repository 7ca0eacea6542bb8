import { type Address, keccak, toHex } from '@archipel/protocol'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DIGEST_BYTES,
  LEAF_OFFERS_MAX,
  OFFERS_PER_REQUEST_MAX,
  PREFIX_DIGITS_MAX,
  PREFIXES_PER_REQUEST_MAX,
  PREFIXES_PER_SYNC_MAX,
  SNAPSHOT_OFFERS_MAX
} from '../../../src/market/limits.ts'
import { createDigestTree, type DigestTree, LISTED_BYTES, type TreeItem } from '../../../src/market/sync/digest-tree.ts'
import { createReconciliation } from '../../../src/market/sync/reconciliation.ts'

const addressOf = (n: number): Address => toHex(keccak(new TextEncoder().encode(`p${n}`)).subarray(0, 20))
const item = (provider: Address, sequence: number): TreeItem => ({
  offer: { body: { provider, sequence } },
  data: new Uint8Array(1)
})

/** Runs an exchange to its end between two trees. */
function exchange(ours: DigestTree, theirs: DigestTree) {
  const differences = createReconciliation(ours)
  let bytes = 0
  let rounds = 0
  for (let prefixes = differences.nextPrefixes(); prefixes.length > 0; prefixes = differences.nextPrefixes()) {
    rounds++
    for (const prefix of prefixes) {
      const part = theirs.describe(prefix)
      bytes += prefix.length + (part.type === 'parts' ? part.digests : part.list).length
      differences.take(prefix, part)
    }
  }
  const ids: string[] = []
  for (let next = differences.nextIds(); next.length > 0; next = differences.nextIds()) {
    expect(next.length).toBeLessThanOrEqual(OFFERS_PER_REQUEST_MAX)
    ids.push(...next)
  }
  return { ids, bytes, rounds }
}

/** Books of up to some hundred providers, some of whose addresses begin alike. */
const book = fc.dictionary(
  fc.nat(400).map(n => (n % 4 === 0 ? `0xabcdef${addressOf(n).slice(8)}` : addressOf(n))),
  fc.nat(3),
  { maxKeys: 300 }
)
const treeOf = (offers: Record<string, number>) =>
  createDigestTree(Object.entries(offers).map(([provider, sequence]) => item(provider as Address, sequence)))

describe('comparing two books by digests', () => {
  it('finds exactly what is news, whatever they hold', () => {
    fc.assert(
      fc.property(book, book, (mine, theirs) => {
        const news = Object.entries(theirs).filter(([provider, sequence]) => sequence > (mine[provider] ?? -1))
        const { ids } = exchange(treeOf(mine), treeOf(theirs))
        expect(ids.toSorted()).toEqual(news.map(([provider]) => provider.slice(2, 18)).toSorted())
        // Once each took what was news to it, nothing differs any more.
        const merged = { ...mine }
        for (const [provider, sequence] of Object.entries(theirs))
          merged[provider] = Math.max(sequence, merged[provider] ?? -1)
        expect(exchange(treeOf(merged), treeOf(merged)).ids).toEqual([])
      }),
      { numRuns: 100 }
    )
  })

  it('costs next to nothing where nothing differs, and in proportion to what does', () => {
    const offers = Array.from({ length: 5_000 }, (_, n) => addressOf(n))
    const mine = createDigestTree(offers.map(provider => item(provider, 1)))
    const cost = (changed: number) => {
      const theirs = createDigestTree(offers.map((provider, i) => item(provider, i < changed ? 2 : 1)))
      const { ids, bytes } = exchange(mine, theirs)
      expect(ids).toHaveLength(changed)
      return bytes
    }
    expect(cost(0)).toBe(16 * DIGEST_BYTES)
    // Three digests' worth on the way down and a list of at most sixteen, for each offer.
    const each = 3 * 16 * DIGEST_BYTES + LEAF_OFFERS_MAX * LISTED_BYTES + 6
    for (const changed of [1, 10, 50, 500]) expect(cost(changed)).toBeLessThan(16 * DIGEST_BYTES + changed * each)
    // All of them: their names and sequences, a hundredth of the offers themselves.
    expect(cost(5_000)).toBeLessThan(5_000 * LISTED_BYTES * 1.6)
  })

  it('lists few of those whose addresses are alike as far as anybody looks', () => {
    const alike = Array.from({ length: 3 * LEAF_OFFERS_MAX }, (_, n) =>
      item(`0x${'a'.repeat(PREFIX_DIGITS_MAX)}${addressOf(n).slice(2 + PREFIX_DIGITS_MAX)}`, 1)
    )
    const { ids, rounds } = exchange(createDigestTree([]), createDigestTree(alike))
    expect(ids).toHaveLength(LEAF_OFFERS_MAX)
    expect(rounds).toBe(PREFIX_DIGITS_MAX + 1)
  })
})

describe('a peer that makes its answers up', () => {
  const nothing = createDigestTree([])
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
  const parts = () => ({ type: 'parts', digests: random(16 * DIGEST_BYTES) }) as const
  const code = (run: () => unknown) => {
    try {
      run()
    } catch (err) {
      return (err as { code: string }).code
    }
    return undefined
  }

  it('is asked about so many parts, and no more', () => {
    const differences = createReconciliation(nothing)
    let asked = 0
    const run = () => {
      for (let next = differences.nextPrefixes(); next.length > 0; next = differences.nextPrefixes()) {
        expect(next.length).toBeLessThanOrEqual(PREFIXES_PER_REQUEST_MAX)
        asked += next.length
        for (const prefix of next) differences.take(prefix, parts())
      }
    }
    expect(code(run)).toBe('E_BOOK_TOO_LARGE')
    expect(asked).toBeLessThanOrEqual(PREFIXES_PER_SYNC_MAX)
  })

  it('cannot name an offer twice, or where it does not belong', () => {
    const list = new Uint8Array(LISTED_BYTES).fill(0xab)
    const differences = createReconciliation(nothing)
    differences.take('ab', { type: 'offers', list })
    expect(code(() => differences.take('ab', { type: 'offers', list }))).toBe('E_BOOK_LIES')
    expect(code(() => createReconciliation(nothing).take('b', { type: 'offers', list }))).toBe('E_BOOK_LIES')
  })

  it.each([
    ['digests of fifteen parts', '', { type: 'parts', digests: random(15 * DIGEST_BYTES) }],
    ['half an offer', '', { type: 'offers', list: random(LISTED_BYTES / 2) }],
    ['parts of the smallest part', 'a'.repeat(PREFIX_DIGITS_MAX), parts()]
  ] as const)('cannot send %s', (_what, prefix, part) => {
    expect(code(() => createReconciliation(nothing).take(prefix, part))).toBe('E_BOOK_LIES')
  })

  it(`cannot name more than ${SNAPSHOT_OFFERS_MAX} offers`, () => {
    const differences = createReconciliation(nothing)
    const listOf = (count: number, from: number) => {
      const list = new Uint8Array(count * LISTED_BYTES)
      const view = new DataView(list.buffer)
      for (let i = 0; i < count; i++) view.setUint32(i * LISTED_BYTES, from + i)
      return { type: 'offers', list } as const
    }
    differences.take('', listOf(SNAPSHOT_OFFERS_MAX, 0))
    expect(code(() => differences.take('', listOf(1, SNAPSHOT_OFFERS_MAX)))).toBe('E_BOOK_TOO_LARGE')
  })
})
