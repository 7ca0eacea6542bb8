import { expect, it } from 'vitest'
import { creditOf } from '../../src/index.ts'

it.each<[string, [bigint, bigint], bigint, bigint, bigint]>([
  ['nothing beyond what is acknowledged', [0n, 0n], 50n, 50n, 0n],
  ['all beyond it', [0n, 0n], 50n, 80n, 30n],
  ['no more than is claimed', [0n, 0n], 50n, 500n, 100n],
  ['nothing that another claim was credited', [50n, 80n], 50n, 80n, 0n],
  ['what came after that', [50n, 80n], 50n, 90n, 10n],
  ['what lies before it', [60n, 80n], 50n, 80n, 10n],
  ['a newer voucher begins anew', [50n, 80n], 90n, 95n, 5n]
])('credits %s', (_, [from, to], cumulative, settled, expected) => {
  expect(creditOf({ from, to }, { cumulative, amount: 100n }, settled)).toBe(expected)
})
