import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testHash } from '../../scripts/vector-files/keys.ts'
import {
  appendLeaf,
  type Due,
  digestOf,
  duesOf,
  EMPTY_LOG,
  type Hash,
  leafHash,
  payDues,
  type Receipt,
  type ReceiptBook,
  receiptType,
  ZERO_HASH
} from '../../src/index.ts'
import { check, expectCode } from '../helpers/check.ts'
import { domain } from '../helpers/market.ts'

const [a, b, stranger] = ['a', 'b', 'stranger'].map(testHash) as [Hash, Hash, Hash]
const digest = (receipt: Receipt) => digestOf(domain, receiptType, receipt)

/** Receipts that come to these amounts, the first `paidReceipts` of them paid. */
function bookOf(agreement: Hash, amounts: readonly bigint[], paidReceipts = 0): ReceiptBook {
  const receipts = amounts.map((amount, sequence) => ({
    agreement,
    sequence,
    kind: 0,
    result: ZERO_HASH,
    usage: { runMs: sequence, memoryBytes: 0, outputBytes: 0, fuel: 0 },
    amount,
    issuedAt: 0
  }))
  return { receipts, paidReceipts }
}

function amountsOf(pays: readonly [Hash, number][], books: Record<Hash, ReceiptBook>): (bigint | undefined)[] {
  const named = pays.map(([agreement, sequence]) => ({ agreement, sequence }))
  return duesOf(named, agreement => books[agreement], digest).map(due => due?.amount)
}

describe('duesOf', () => {
  const books = { [a]: bookOf(a, [10n, 10n, 25n]), [b]: bookOf(b, [1n, 5n], 1) }

  it.each<[string, [Hash, number][], (bigint | undefined)[]]>([
    [
      'each step once',
      [
        [a, 0],
        [a, 1],
        [a, 2]
      ],
      [10n, 0n, 15n]
    ],
    [
      'agreements in any mixture',
      [
        [b, 1],
        [a, 0],
        [a, 1]
      ],
      [4n, 10n, 0n]
    ],
    [
      'what was paid before: nothing',
      [
        [b, 0],
        [b, 1]
      ],
      [undefined, 4n]
    ],
    [
      'the same receipt twice: once',
      [
        [a, 0],
        [a, 0]
      ],
      [10n, undefined]
    ],
    [
      'a receipt skipped to: nothing, nor what follows it',
      [
        [a, 1],
        [a, 2]
      ],
      [undefined, undefined]
    ],
    ['the small last step alone: nothing', [[a, 2]], [undefined]],
    [
      'a step back: nothing',
      [
        [a, 0],
        [a, 1],
        [a, 0]
      ],
      [10n, 0n, undefined]
    ],
    ['a receipt not issued yet: nothing', [[b, 2]], [undefined]],
    [
      'a stranger: nothing',
      [
        [stranger, 0],
        [a, 0]
      ],
      [undefined, 10n]
    ],
    ['no pays: no dues', [], []]
  ])('%s', (_, pays, amounts) => {
    expect(amountsOf(pays, books)).toEqual(amounts)
  })

  it('names the receipt that is due', () => {
    const receipt = books[a]?.receipts[0] as Receipt
    expect(duesOf([{ agreement: a, sequence: 0 }], () => books[a], digest)).toEqual([
      { receipt: digest(receipt), amount: 10n }
    ])
  })

  it('never comes to more or less than what the receipts it pays ask for', () => {
    const steps = fc.array(fc.bigInt({ min: 0n, max: 9n }), { maxLength: 6 })
    const pays = fc.array(fc.tuple(fc.constantFrom(a, b, stranger), fc.nat(6)), { maxLength: 20 })
    check(
      fc.property(steps, steps, fc.nat(3), pays, (stepsA, stepsB, paidB, named) => {
        const sums = (list: bigint[]) => list.map((_, i) => list.slice(0, i + 1).reduce((sum, step) => sum + step, 0n))
        const held: Record<Hash, ReceiptBook> = {
          [a]: bookOf(a, sums(stepsA)),
          [b]: bookOf(b, sums(stepsB), Math.min(paidB, stepsB.length))
        }
        const dues = duesOf(
          named.map(([agreement, sequence]) => ({ agreement, sequence })),
          id => held[id],
          digest
        )
        for (const id of [a, b]) {
          const { receipts, paidReceipts } = held[id] as ReceiptBook
          const paid = named.filter(([agreement], i) => agreement === id && dues[i] !== undefined).map(([, n]) => n)
          // Exactly the next ones, in sequence.
          expect(paid).toEqual(paid.map((_, i) => paidReceipts + i))
          const sum = dues.reduce((total, due, i) => (named[i]?.[0] === id ? total + (due?.amount ?? 0n) : total), 0n)
          const before = receipts[paidReceipts - 1]?.amount ?? 0n
          expect(sum).toBe((receipts[paidReceipts + paid.length - 1]?.amount ?? 0n) - before)
        }
      })
    )
  })
})

describe('payDues', () => {
  const due = (name: string, amount: bigint): Due => ({ receipt: testHash(name), amount })

  it('binds each receipt to the amount that paid it', () => {
    const from = { log: EMPTY_LOG, cumulative: 100n }
    const { log, cumulative, leaves } = payDues(from, [due('x', 5n), due('y', 0n), due('z', 7n)])
    expect(cumulative).toBe(112n)
    expect(leaves.map(leaf => leaf.cumulative)).toEqual([105n, 105n, 112n])
    expect(log).toEqual(leaves.map(leaf => leafHash(leaf.receipt, leaf.cumulative)).reduce(appendLeaf, EMPTY_LOG))
  })

  it('comes to the same however the dues are split', () => {
    const dues = fc.array(fc.tuple(fc.string(), fc.bigInt({ min: 0n, max: 10n ** 20n })), { maxLength: 20 })
    check(
      fc.property(dues, fc.nat(20), (list, at) => {
        const all = list.map(([name, amount]) => due(name, amount))
        const start = { log: EMPTY_LOG, cumulative: 0n }
        const first = payDues(start, all.slice(0, at))
        const second = payDues(first, all.slice(at))
        const whole = payDues(start, all)
        expect([second.log, second.cumulative]).toEqual([whole.log, whole.cumulative])
        expect([...first.leaves, ...second.leaves]).toEqual(whole.leaves)
      })
    )
  })

  it('never takes anything back', () => {
    expectCode(() => payDues({ log: EMPTY_LOG, cumulative: 9n }, [due('x', -1n)]), 'E_ASSERT')
  })
})
