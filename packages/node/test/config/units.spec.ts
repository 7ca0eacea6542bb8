import { describe, expect, test } from 'vitest'
import { formatAmount, parseAmount, parsePositiveAmount } from '../../src/config/units/amount.ts'
import { formatDurationMs, parseDurationMs, parseDurationSec } from '../../src/config/units/duration.ts'
import { formatFuel, parseFuel } from '../../src/config/units/fuel.ts'
import { formatBytes, parseSizeBytes } from '../../src/config/units/size.ts'

const AMOUNT_MAX = 2n ** 128n - 1n

describe('amounts', () => {
  test.for([
    ['0', 0n],
    ['1', 10n ** 18n],
    ['0.05', 5n * 10n ** 16n],
    ['0.000000000000000001', 1n],
    ['007.10', 71n * 10n ** 17n],
    ['1.0000000000000000000000', 10n ** 18n],
    [formatAmount(AMOUNT_MAX), AMOUNT_MAX]
  ] as const)('%s is exact', ([text, amount]) => {
    expect(parseAmount(text, 'x')).toBe(amount)
  })

  test.for([
    '',
    ' 1',
    '1 ',
    '-1',
    '+1',
    '1e3',
    '1.',
    '.5',
    '1,000',
    '0x10',
    'NaN',
    '1_0',
    '١',
    '0.0000000000000000001'
  ])('%j is refused', text => {
    expect(() => parseAmount(text, '--price')).toThrow(
      expect.objectContaining({ code: 'E_AMOUNT_INVALID', facts: { name: '--price', text } })
    )
  })

  test('above what a message carries are refused, one unit less is not', () => {
    expect(() => parseAmount(formatAmount(AMOUNT_MAX + 1n), 'x')).toThrow(/too large/)
    expect(() => parseAmount('9'.repeat(40), 'x')).toThrow(/is not an amount/)
    expect(() => parsePositiveAmount('0.0', 'x')).toThrow(/more than zero/)
  })

  test('come back from their text', () => {
    for (let bits = 0n; bits <= 127n; bits++) {
      for (const amount of [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n, 10n ** (bits % 38n)]) {
        expect(parseAmount(formatAmount(amount), 'x')).toBe(amount)
      }
    }
    expect(formatAmount(-15n * 10n ** 17n)).toBe('-1.5')
  })
})

describe('fuel', () => {
  test.for([
    ['1', 1],
    ['250k', 250_000],
    ['1.5M', 1_500_000],
    ['50G', 50e9],
    ['9T', 9e12],
    ['9007199254740991', Number.MAX_SAFE_INTEGER]
  ] as const)('%s', ([text, fuel]) => expect(parseFuel(text, 'x')).toBe(fuel))

  test.for(['', '0', 'G', '-1', '1g', '1 G', '1e9', '0.4', '9007199254740992', '9999T'])('%j is refused', text => {
    expect(() => parseFuel(text, '--fuel')).toThrow(expect.objectContaining({ code: 'E_FUEL_INVALID' }))
  })

  test.for([
    [0, '0'],
    [999, '999'],
    [1_500, '1.5 k'],
    [12_345_678, '12 M'],
    [240e9, '240 G'],
    [2.04e12, '2 T']
  ] as const)('%d is shown as %s', ([fuel, text]) => expect(formatFuel(fuel)).toBe(text))
})

describe('durations', () => {
  test.for([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['2d', 172_800_000],
    ['366d', 31_622_400_000]
  ] as const)('%s', ([text, ms]) => expect(parseDurationMs(text, 'x')).toBe(ms))

  test.for(['', '30', 's', '0s', '0.4ms', '-1s', '1 s', '1y', '367d', '1e3s'])('%j is refused', text => {
    expect(() => parseDurationMs(text, '--timeout')).toThrow(expect.objectContaining({ code: 'E_DURATION_INVALID' }))
  })

  test('in seconds are rounded up', () => expect(parseDurationSec('1.2s', 'x')).toBe(2))

  test.for([
    [12, '12 ms'],
    [12_345, '12.3 s'],
    [59_960, '1 m 00 s'],
    [245_000, '4 m 05 s'],
    [7_800_000, '2 h 10 m']
  ] as const)('%d ms is shown as %s', ([ms, text]) => expect(formatDurationMs(ms)).toBe(text))
})

describe('sizes', () => {
  test.for([
    ['512MiB', 512 * 2 ** 20],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['2g', 2 * 2 ** 30],
    ['500 kB', 500_000],
    ['4096', 4096]
  ] as const)('%s', ([text, bytes]) => expect(parseSizeBytes(text, 'x')).toBe(bytes))

  test.for(['', '0', '-1', '1XB', '1..5g', '9999999TiB', 'g'])('%j is refused', text => {
    expect(() => parseSizeBytes(text, '--memory')).toThrow(expect.objectContaining({ code: 'E_SIZE_INVALID' }))
  })

  test.for([
    [512, '512 B'],
    [1536, '1.5 KiB'],
    [20_971_520, '20 MiB']
  ] as const)('%d bytes are shown as %s', ([bytes, text]) => expect(formatBytes(bytes)).toBe(text))
})
