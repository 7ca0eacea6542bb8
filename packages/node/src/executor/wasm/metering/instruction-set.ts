/**
 * The instructions of WebAssembly 2.0, fixed-width SIMD included, and tail calls: what bytes follow each and what each
 * takes from the operand stack and puts there. Whatever is not here is refused: threads, exceptions, garbage collection,
 * relaxed SIMD.
 */

export const OP = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  drop: 0x1a,
  select: 0x1b,
  selectTyped: 0x1c,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableGet: 0x25,
  tableSet: 0x26,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  refNull: 0xd0,
  refIsNull: 0xd1,
  refFunc: 0xd2,
  prefixMisc: 0xfc,
  prefixSimd: 0xfd
} as const

export const MISC = {
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
  tableInit: 12,
  elemDrop: 13,
  tableCopy: 14,
  tableGrow: 15,
  tableSize: 16,
  tableFill: 17
} as const

/**
 * What an instruction takes and puts: `i` i32, `I` i64, `f` f32, `F` f64, `v` v128, `r` reference. A float that is put is
 * `f` or `F` where its bits are the same on every machine, and `n` or `N` where it may be a NaN that differs.
 */
export interface Signature {
  readonly takes: string
  readonly puts: string
}

/** Signatures of one-byte instructions that compute, by opcode. */
export const NUMERIC = table(0xc5, [
  [0x28, 0x28, 'i:i'],
  [0x29, 0x29, 'i:I'],
  [0x2a, 0x2a, 'i:f'],
  [0x2b, 0x2b, 'i:F'],
  [0x2c, 0x2f, 'i:i'],
  [0x30, 0x35, 'i:I'],
  [0x36, 0x36, 'ii:'],
  [0x37, 0x37, 'iI:'],
  [0x38, 0x38, 'if:'],
  [0x39, 0x39, 'iF:'],
  [0x3a, 0x3b, 'ii:'],
  [0x3c, 0x3e, 'iI:'],
  [0x45, 0x45, 'i:i'],
  [0x46, 0x4f, 'ii:i'],
  [0x50, 0x50, 'I:i'],
  [0x51, 0x5a, 'II:i'],
  [0x5b, 0x60, 'ff:i'],
  [0x61, 0x66, 'FF:i'],
  [0x67, 0x69, 'i:i'],
  [0x6a, 0x78, 'ii:i'],
  [0x79, 0x7b, 'I:I'],
  [0x7c, 0x8a, 'II:I'],
  // Absolute value and negation keep the other bits; 0x98 and 0xa6 copy a sign.
  [0x8b, 0x8c, 'f:f'],
  [0x8d, 0x91, 'f:n'],
  [0x92, 0x97, 'ff:n'],
  [0x98, 0x98, 'ff:f'],
  [0x99, 0x9a, 'F:F'],
  [0x9b, 0x9f, 'F:N'],
  [0xa0, 0xa5, 'FF:N'],
  [0xa6, 0xa6, 'FF:F'],
  [0xa7, 0xa7, 'I:i'],
  [0xa8, 0xa9, 'f:i'],
  [0xaa, 0xab, 'F:i'],
  [0xac, 0xad, 'i:I'],
  [0xae, 0xaf, 'f:I'],
  [0xb0, 0xb1, 'F:I'],
  [0xb2, 0xb3, 'i:f'],
  [0xb4, 0xb5, 'I:f'],
  [0xb6, 0xb6, 'F:n'],
  [0xb7, 0xb8, 'i:F'],
  [0xb9, 0xba, 'I:F'],
  [0xbb, 0xbb, 'f:N'],
  [0xbc, 0xbc, 'f:i'],
  [0xbd, 0xbd, 'F:I'],
  [0xbe, 0xbe, 'i:f'],
  [0xbf, 0xbf, 'I:F'],
  [0xc0, 0xc1, 'i:i'],
  [0xc2, 0xc4, 'I:I']
])

/** Signatures behind {@link OP.prefixMisc}. */
export const MISC_SIGNATURES = table(18, [
  [0, 1, 'f:i'],
  [2, 3, 'F:i'],
  [4, 5, 'f:I'],
  [6, 7, 'F:I'],
  [8, 8, 'iii:'],
  [9, 9, ':'],
  [10, 12, 'iii:'],
  [13, 13, ':'],
  [14, 14, 'iii:'],
  [15, 15, 'ri:i'],
  [16, 16, ':i'],
  [17, 17, 'iri:']
])

/** Signatures behind {@link OP.prefixSimd}. */
export const SIMD = table(0x100, [
  [0x00, 0x0a, 'i:v'],
  [0x0b, 0x0b, 'iv:'],
  [0x0c, 0x0c, ':v'],
  [0x0d, 0x0e, 'vv:v'],
  [0x0f, 0x11, 'i:v'],
  [0x12, 0x12, 'I:v'],
  [0x13, 0x13, 'f:v'],
  [0x14, 0x14, 'F:v'],
  [0x15, 0x16, 'v:i'],
  [0x17, 0x17, 'vi:v'],
  [0x18, 0x19, 'v:i'],
  [0x1a, 0x1a, 'vi:v'],
  [0x1b, 0x1b, 'v:i'],
  [0x1c, 0x1c, 'vi:v'],
  [0x1d, 0x1d, 'v:I'],
  [0x1e, 0x1e, 'vI:v'],
  [0x1f, 0x1f, 'v:f'],
  [0x20, 0x20, 'vf:v'],
  [0x21, 0x21, 'v:F'],
  [0x22, 0x22, 'vF:v'],
  [0x23, 0x4c, 'vv:v'],
  [0x4d, 0x4d, 'v:v'],
  [0x4e, 0x51, 'vv:v'],
  [0x52, 0x52, 'vvv:v'],
  [0x53, 0x53, 'v:i'],
  [0x54, 0x57, 'iv:v'],
  [0x58, 0x5b, 'iv:'],
  [0x5c, 0x5d, 'i:v'],
  [0x5e, 0x62, 'v:v'],
  [0x63, 0x64, 'v:i'],
  [0x65, 0x66, 'vv:v'],
  [0x67, 0x6a, 'v:v'],
  [0x6b, 0x6d, 'vi:v'],
  [0x6e, 0x73, 'vv:v'],
  [0x74, 0x75, 'v:v'],
  [0x76, 0x79, 'vv:v'],
  [0x7a, 0x7a, 'v:v'],
  [0x7b, 0x7b, 'vv:v'],
  [0x7c, 0x81, 'v:v'],
  [0x82, 0x82, 'vv:v'],
  [0x83, 0x84, 'v:i'],
  [0x85, 0x86, 'vv:v'],
  [0x87, 0x8a, 'v:v'],
  [0x8b, 0x8d, 'vi:v'],
  [0x8e, 0x93, 'vv:v'],
  [0x94, 0x94, 'v:v'],
  [0x95, 0x99, 'vv:v'],
  [0x9b, 0x9f, 'vv:v'],
  [0xa0, 0xa1, 'v:v'],
  [0xa3, 0xa4, 'v:i'],
  [0xa7, 0xaa, 'v:v'],
  [0xab, 0xad, 'vi:v'],
  [0xae, 0xae, 'vv:v'],
  [0xb1, 0xb1, 'vv:v'],
  [0xb5, 0xba, 'vv:v'],
  [0xbc, 0xbf, 'vv:v'],
  [0xc0, 0xc1, 'v:v'],
  [0xc3, 0xc4, 'v:i'],
  [0xc7, 0xca, 'v:v'],
  [0xcb, 0xcd, 'vi:v'],
  [0xce, 0xce, 'vv:v'],
  [0xd1, 0xd1, 'vv:v'],
  [0xd5, 0xdf, 'vv:v'],
  [0xe0, 0xe1, 'v:v'],
  [0xe3, 0xe3, 'v:v'],
  [0xe4, 0xeb, 'vv:v'],
  [0xec, 0xed, 'v:v'],
  [0xef, 0xef, 'v:v'],
  [0xf0, 0xf7, 'vv:v'],
  [0xf8, 0xff, 'v:v']
])

const within = (value: number, ranges: readonly (readonly [number, number])[]) =>
  ranges.some(([first, last]) => value >= first && value <= last)

/** Rounding, root, arithmetic, minimum, maximum and demotion of four floats. */
export const makesNan32 = (sub: number) =>
  within(sub, [
    [0x5e, 0x5e],
    [0x67, 0x6a],
    [0xe3, 0xe9]
  ])

/** The same of two doubles, and promotion. */
export const makesNan64 = (sub: number) =>
  within(sub, [
    [0x5f, 0x5f],
    [0x74, 0x75],
    [0x7a, 0x7a],
    [0x94, 0x94],
    [0xef, 0xf5]
  ])

/** The bits of a float can be seen: stored, reinterpreted, its sign copied to another. */
export const SHOWS_BITS = new Set([0x38, 0x39, 0x98, 0xa6, 0xbc, 0xbd])
/** The same in SIMD: put into a vector. */
export const SIMD_SHOWS_BITS = new Set([0x13, 0x14, 0x20, 0x22])

/** How many bytes follow a SIMD instruction, beside the address of a load or store. */
export function simdImmediateBytes(sub: number): number {
  if (sub === 0x0c || sub === 0x0d) return 16
  return within(sub, [
    [0x15, 0x22],
    [0x54, 0x5b]
  ])
    ? 1
    : 0
}

export const simdHasAddress = (sub: number) =>
  within(sub, [
    [0x00, 0x0b],
    [0x54, 0x5d]
  ])

function table(size: number, rows: readonly (readonly [number, number, string])[]): (Signature | undefined)[] {
  const signatures: (Signature | undefined)[] = new Array(size).fill(undefined)
  for (const [first, last, text] of rows) {
    const [takes, puts] = text.split(':') as [string, string]
    signatures.fill({ takes, puts }, first, last + 1)
  }
  return signatures
}
