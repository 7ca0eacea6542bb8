import type { TarEntry } from './read.ts'

export const BLOCK_BYTES = 512

/** What one block says of what follows it. */
export interface TarHeader {
  path: string
  /** The letter for it. */
  letter: string
  sizeBytes: number
}

const CHECKSUM_AT = 148
const CHECKSUM_BYTES = 8
const SPACE = 0x20
/** Of a number that is not octal digits but the bytes of it. */
const BINARY = 0x80
const DIGITS = /^[0-7]*$/

export const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'link',
  '3': 'other',
  '4': 'other',
  '5': 'folder',
  '6': 'other'
}

/** Throws RangeError for what is none. */
export function parseHeader(block: Buffer): TarHeader {
  const sum = block.reduce((total, byte) => total + byte, 0)
  const field = block.subarray(CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_BYTES)
  const counted = sum - field.reduce((total, byte) => total + byte, 0) + CHECKSUM_BYTES * SPACE
  if (numberOf(field) !== counted) throw new RangeError('the archive is broken')
  const name = textOf(block.subarray(0, 100))
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textOf(block.subarray(345, 500)) : ''
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    letter: String.fromCharCode(block[156]!),
    sizeBytes: numberOf(block.subarray(124, 136))
  }
}

/** Up to the first zero byte. */
export function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}

function numberOf(field: Buffer): number {
  if (field[0]! >= BINARY) {
    // Negative ones begin with 0xff; none is larger than six bytes hold.
    const [high, low] = [field.subarray(1, -6), field.subarray(-6)]
    if (field[0] !== BINARY || high.some(byte => byte !== 0)) throw new RangeError('the archive is broken')
    return low.readUIntBE(0, 6)
  }
  const digits = field.toString('latin1').replace(/^[ \0]+|[ \0]+$/g, '')
  if (!DIGITS.test(digits)) throw new RangeError('the archive is broken')
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}
