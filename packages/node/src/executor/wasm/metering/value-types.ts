/** Types of values in the binary format. */
export const VALUE_TYPE = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f
} as const

const known = new Set<number>(Object.values(VALUE_TYPE))

/** Numbers, vectors and plain references; not what garbage collection and exceptions bring. */
export function isValueType(byte: number): boolean {
  return known.has(byte)
}

export function isReferenceType(byte: number): boolean {
  return byte === VALUE_TYPE.funcref || byte === VALUE_TYPE.externref
}

export function isFloat(type: number): boolean {
  return type === VALUE_TYPE.f32 || type === VALUE_TYPE.f64
}
