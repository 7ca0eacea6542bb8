import { ProgramFault } from '../wasi/stop.ts'

const HEADER_BYTES = 8
const MEMORY_SECTION = 5
const LIMITS = { hasMaximum: 1, known: 1 } as const

/**
 * The module with its memory bounded: a declared maximum above `pagesMax`, or none, becomes `pagesMax`. The engine then
 * refuses growth past it exactly there, on every machine.
 *
 * Throws ProgramFault: E_MEMORY where the program starts with more; E_BAD_PROGRAM for bytes that are no module, and for
 * shared or 64-bit or several memories, which preview 1 does not know.
 */
export function boundMemory(module: Uint8Array, pagesMax: number): Uint8Array {
  const reader = createReader(module, HEADER_BYTES)
  while (!reader.atEnd()) {
    const sectionAt = reader.position()
    const id = reader.byte()
    const length = reader.u32()
    if (id !== MEMORY_SECTION) {
      reader.skip(length)
      continue
    }
    const body = readMemorySection(reader, pagesMax)
    const section = [MEMORY_SECTION, ...encodeU32(body.length), ...body]
    return Buffer.concat([module.subarray(0, sectionAt), Buffer.from(section), module.subarray(reader.position())])
  }
  return module
}

function readMemorySection(reader: Reader, pagesMax: number): number[] {
  const count = reader.u32()
  if (count === 0) return [0]
  if (count > 1) throw badProgram('the program has several memories')
  const flags = reader.byte()
  if (flags & ~LIMITS.known) throw badProgram('the program has a shared or 64-bit memory')
  const initial = reader.u32()
  const maximum = flags & LIMITS.hasMaximum ? reader.u32() : pagesMax
  if (initial > pagesMax) {
    throw new ProgramFault('E_MEMORY', 'the program starts with more memory than the job has', { initial, pagesMax })
  }
  return [1, LIMITS.hasMaximum, ...encodeU32(initial), ...encodeU32(Math.min(maximum, pagesMax))]
}

type Reader = ReturnType<typeof createReader>

function createReader(bytes: Uint8Array, start: number) {
  let position = start

  function skip(count: number): void {
    if (position + count > bytes.length) throw badProgram('the program is cut off')
    position += count
  }

  function byte(): number {
    skip(1)
    return bytes[position - 1]!
  }

  /** Unsigned LEB128 of at most 32 bits. */
  function u32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const next = byte()
      value += (next & 0x7f) * 2 ** shift
      if (next < 0x80) return value
    }
    throw badProgram('the program holds a number that is too long')
  }

  return { position: () => position, atEnd: () => position >= bytes.length, skip, byte, u32 }
}

function encodeU32(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...encodeU32(value >>> 7)]
}

function badProgram(message: string): ProgramFault {
  return new ProgramFault('E_BAD_PROGRAM', message)
}
