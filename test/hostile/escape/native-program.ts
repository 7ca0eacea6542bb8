/** A system call to make, and how. */
export interface RawCall {
  readonly number: number
  readonly args?: readonly (number | bigint)[]
  /** `child`: what comes out of it as another process ends at once. `i386`: made by the old 32-bit entry. */
  readonly kind?: 'child' | 'i386'
}

/**
 * x64 machine code: makes each call of a table, writes the answer over its number, puts the table out and ends. In words:
 *
 *   for (entry of table) { entry[0] = call(entry[0..6]) by `syscall`, or by `int 0x80` where entry[7] is 2;
 *                          if (entry[7] is 1 and the answer is 0) exit(0) }
 *   write(1, table); exit(0)
 */
const CODE = Buffer.from(
  '4c8d2589000000448b2d7a000000498b0424498b7c2408498b742410498b5424184d8b5424204d8b4424284d8b4c243049837c24380274040f' +
    '05eb02cd8049837c243801750e4885c07509b8e700000031ff0f05498904244983c44041ffcd75adb801000000bf01000000488d351e0000' +
    '008b1510000000c1e2060f05b8e700000031ff0f0566900000000000000000',
  'hex'
)
/** Where the code has the number of entries, just before the table. */
const COUNT_AT = CODE.length - 8
const ENTRY_WORDS = 8
const ENTRY_BYTES = 8 * ENTRY_WORDS
const KINDS = { child: 1n, i386: 2n } as const

const ELF_HEADER_BYTES = 64
const SEGMENT_HEADER_BYTES = 56
const CODE_AT = ELF_HEADER_BYTES + SEGMENT_HEADER_BYTES
const LOADED_AT = 0x400000

/** A static program for Linux on x64 that makes these calls: what native code does that needs nothing of the system. */
export function nativeProgram(calls: readonly RawCall[]): Buffer {
  const code = Buffer.from(CODE)
  code.writeUInt32LE(calls.length, COUNT_AT)
  const body = Buffer.concat([code, ...calls.map(entryOf)])
  return Buffer.concat([elfHeader(), segmentHeader(CODE_AT + body.length), body])
}

/** What each call of a program answered: the value, or minus the number of the error. */
export function readAnswers(output: Buffer): bigint[] {
  return Array.from({ length: output.length / ENTRY_BYTES }, (_, index) => output.readBigInt64LE(index * ENTRY_BYTES))
}

function entryOf({ number, args = [], kind }: RawCall): Buffer {
  const entry = Buffer.alloc(ENTRY_BYTES)
  for (const [index, value] of [number, ...args].entries()) entry.writeBigInt64LE(BigInt(value), 8 * index)
  if (kind !== undefined) entry.writeBigInt64LE(KINDS[kind], 8 * (ENTRY_WORDS - 1))
  return entry
}

/** elf(5): 64 bits, little-endian, an executable for x64 with one segment. */
function elfHeader(): Buffer {
  const header = Buffer.alloc(ELF_HEADER_BYTES)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(62, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(LOADED_AT + CODE_AT), 24)
  header.writeBigUInt64LE(BigInt(ELF_HEADER_BYTES), 32)
  for (const [at, value] of [
    [52, ELF_HEADER_BYTES],
    [54, SEGMENT_HEADER_BYTES],
    [56, 1]
  ] as const) {
    header.writeUInt16LE(value, at)
  }
  return header
}

/** The whole file, readable, writable and executable. */
function segmentHeader(bytes: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
  header.writeUInt32LE(1, 0)
  header.writeUInt32LE(7, 4)
  for (const [at, value] of [
    [16, LOADED_AT],
    [24, LOADED_AT],
    [32, bytes],
    [40, bytes],
    [48, 4096]
  ] as const) {
    header.writeBigUInt64LE(BigInt(value), at)
  }
  return header
}
