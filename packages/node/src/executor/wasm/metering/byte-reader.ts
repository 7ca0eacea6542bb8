import { ProgramFault } from '../wasi/stop.ts'

/** Reads a range of a module, never past its end. Throws ProgramFault E_BAD_PROGRAM for what is cut off or malformed. */
export interface ByteReader {
  position(): number
  atEnd(): boolean
  skip(count: number): void
  byte(): number
  /** Unsigned LEB128 of 32 bits. */
  u32(): number
  /** Like {@link u32}, of what may be at most `max`. */
  count(what: string, max: number): number
  /** Signed LEB128 of at most `bits`; its value does not matter here. */
  skipSigned(bits: number): void
  /** Signed LEB128 of 33 bits, as block types have it. */
  s33(): number
  /** A view. */
  take(count: number): Uint8Array
}

const U32_BYTES_MAX = 5

export function createByteReader(bytes: Uint8Array, start: number, end: number): ByteReader {
  let at = start

  function skip(count: number): void {
    if (count > end - at) throw badProgram('the program is cut off')
    at += count
  }

  function byte(): number {
    if (at >= end) throw badProgram('the program is cut off')
    return bytes[at++]!
  }

  function u32(): number {
    const first = byte()
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let i = 1; i < U32_BYTES_MAX; i++) {
      const next = byte()
      value += (next & 0x7f) * 2 ** (7 * i)
      if (next < 0x80 && value < 2 ** 32) return value
    }
    throw badProgram('the program holds a number that is too long')
  }

  function signedLength(bits: number): number {
    const bytesMax = Math.ceil(bits / 7)
    const from = at
    for (let i = 0; i < bytesMax; i++) if (byte() < 0x80) return at - from
    throw badProgram('the program holds a number that is too long')
  }

  return {
    position: () => at,
    atEnd: () => at >= end,
    skip,
    byte,
    u32,
    count: (what, max) => {
      const count = u32()
      if (count > max) throw badProgram(`the program has too many ${what}`, { count, max })
      return count
    },
    skipSigned: bits => {
      signedLength(bits)
    },
    s33: () => {
      const length = signedLength(33)
      let value = 0
      for (let i = 0; i < length; i++) value += (bytes[at - length + i]! & 0x7f) * 2 ** (7 * i)
      return bytes[at - 1]! & 0x40 ? value - 2 ** (7 * length) : value
    },
    take: count => {
      skip(count)
      return bytes.subarray(at - count, at)
    }
  }
}

export function badProgram(message: string, facts: Record<string, unknown> = {}): ProgramFault {
  return new ProgramFault('E_BAD_PROGRAM', message, facts)
}
