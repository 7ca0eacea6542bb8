/** What an extended header says of the entry that follows it, as far as we care. */
export interface ExtendedHeader {
  path?: string
  sizeBytes?: number
}

const DECIMAL = /^\d+$/
const SPACE = 0x20
const LINE_END = 0x0a
const EQUALS = 0x3d
/** A length has no more digits than the largest header. */
const LENGTH_DIGITS_MAX = 6

/**
 * Reads the records of an extended header by the lengths that they begin with: a value may hold line ends, and with them what
 * looks like a record. Throws RangeError for what is none, and for files with holes.
 */
export function parseRecords(bytes: Buffer): ExtendedHeader {
  const header: ExtendedHeader = {}
  let rest = bytes
  while (rest.length > 0) {
    const record = takeRecord(rest)
    rest = rest.subarray(record.length)
    const keyAt = record.indexOf(SPACE) + 1
    const valueAt = record.indexOf(EQUALS, keyAt) + 1
    if (valueAt === 0) throw new RangeError('the archive is broken')
    const key = record.toString('utf8', keyAt, valueAt - 1)
    const value = record.toString('utf8', valueAt, record.length - 1)
    if (key.startsWith('GNU.sparse.')) throw new RangeError('the archive has files with holes')
    // An empty one leaves what the plain header says.
    if (value === '') continue
    if (key === 'path') header.path = requireText(value)
    if (key === 'size') header.sizeBytes = requireNumber(value)
  }
  return header
}

function takeRecord(bytes: Buffer): Buffer {
  const space = bytes.indexOf(SPACE)
  const digits = space > 0 && space <= LENGTH_DIGITS_MAX ? bytes.toString('latin1', 0, space) : ''
  const length = requireNumber(digits)
  if (length > bytes.length || length <= space + 1 || bytes[length - 1] !== LINE_END) {
    throw new RangeError('the archive is broken')
  }
  return bytes.subarray(0, length)
}

function requireNumber(digits: string): number {
  const number = Number(digits)
  if (!DECIMAL.test(digits) || !Number.isSafeInteger(number)) throw new RangeError('the archive is broken')
  return number
}

function requireText(value: string): string {
  if (value.includes('\0')) throw new RangeError('the archive is broken')
  return value
}
