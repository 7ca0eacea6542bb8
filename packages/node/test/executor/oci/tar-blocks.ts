/** Archives by hand, as no honest program would write them. */

const BLOCK_BYTES = 512
const CHECKSUM_AT = 148

export const END = Buffer.alloc(2 * BLOCK_BYTES)
/** A key that readers pass over: of an attribute of a file. */
export const RECORDS = { attribute: 'SCHILY.xattr.user.x' } as const

export interface BlockInit {
  letter?: string
  /** Where a link leads. */
  target?: string
  content?: string
  /** Said to be the size of it, where that is not so. */
  sizeBytes?: number
  /** Whether the size is in the way for large ones. */
  isBinary?: boolean
}

/** An entry: a header, and its content in whole blocks. */
export function block(path: string, init: BlockInit): Buffer {
  const { letter = '0', target = '', content = '', isBinary = false } = init
  const bytes = Buffer.from(content)
  const { sizeBytes = bytes.length } = init
  const header = Buffer.alloc(BLOCK_BYTES)
  header.write(path)
  header.write('0000777\0', 100)
  if (isBinary) {
    header.writeUInt8(0x80, 124)
    header.writeUIntBE(sizeBytes, 130, 6)
  } else header.write(sizeBytes.toString(8).padStart(11, '0'), 124)
  header.write(letter, 156)
  header.write(target, 157)
  header.write('ustar\u000000', 257)
  header.fill(' ', CHECKSUM_AT, CHECKSUM_AT + 8)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT)
  return Buffer.concat([header, bytes, Buffer.alloc(-bytes.length & (BLOCK_BYTES - 1))])
}

/** Of an extended header: its own length, a key, a value. */
export function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const bytes = Buffer.byteLength(rest)
  for (let digits = 1; ; digits++) {
    const length = bytes + digits
    if (String(length).length === digits) return `${length}${rest}`
  }
}
