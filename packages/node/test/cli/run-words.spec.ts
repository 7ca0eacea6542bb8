import { describe, expect, test } from 'vitest'
import { commandId, formatBytes, plural, roundAmount, roundUpAmount, shortId } from '../../src/cli/run/words.ts'

describe('amounts for people', () => {
  test.each<[bigint, string]>([
    [0n, '0'],
    [1n, '0.000000000000000001'],
    [123_456n, '0.000000000000123456'],
    [1_234_567n, '0.00000000000123457'],
    [10n ** 18n, '1'],
    [1_234_567_891_234_567_891n, '1.23457'],
    [999_999_999_999_999_999n, '1'],
    [123_456_789n * 10n ** 18n + 1n, '123456789']
  ])('%i has six digits that matter: %s', (amount, text) => {
    expect(roundAmount(amount)).toBe(text)
  })

  test('are never rounded to nothing, nor below what is needed', () => {
    for (let amount = 1n; amount < 10n ** 24n; amount *= 7n) {
      expect(roundAmount(amount)).not.toBe('0')
      const typed = roundUpAmount(amount)
      const [whole = '0', decimals = ''] = typed.split('.')
      expect(BigInt(whole) * 10n ** 18n + BigInt(decimals.padEnd(18, '0'))).toBeGreaterThanOrEqual(amount)
    }
    expect(roundUpAmount(605_000_000_000_100n)).toBe('0.0006051')
  })
})

test('sizes, counts and ids', () => {
  expect([0, 17, 1024, 1536, 512 * 2 ** 20, 3 * 2 ** 50].map(formatBytes)).toEqual([
    '0 B',
    '17 B',
    '1 KiB',
    '1.5 KiB',
    '512 MiB',
    '3072 TiB'
  ])
  expect([plural(1, 'file'), plural(0, 'file')]).toEqual(['1 file', '0 files'])
  const id = `0x${'12'.repeat(32)}`
  expect([shortId(id), shortId('0x1'), commandId(id)]).toEqual(['0x12121212…', '0x1', '0x12121212'])
})
