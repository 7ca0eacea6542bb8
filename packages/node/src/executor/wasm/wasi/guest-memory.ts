import { errno } from './errno.ts'

/**
 * The program's linear memory with every access checked: a range that does not lie wholly inside it ends the host
 * call with EFAULT and touches nothing.
 *
 * Pointers and lengths are unsigned 32-bit numbers.
 */
export interface GuestMemory {
  /** Must be called before the first access works; a module without a memory never attaches one. */
  attach(memory: WebAssembly.Memory): void
  /** A live view; do not keep it over a call into the program, which may grow the memory. */
  bytes(pointer: number, length: number): Uint8Array
  readU8(pointer: number): number
  readU16(pointer: number): number
  readU32(pointer: number): number
  readU64(pointer: number): bigint
  writeU8(pointer: number, value: number): void
  writeU16(pointer: number, value: number): void
  writeU32(pointer: number, value: number): void
  writeU64(pointer: number, value: bigint): void
  /** Current size; a memory never shrinks, so this is its peak too. */
  sizeBytes(): number
}

export function createGuestMemory(): GuestMemory {
  let memory: WebAssembly.Memory | undefined
  let buffer = new ArrayBuffer(0)
  let view = new DataView(buffer)

  /** The view to use for `length` bytes at `pointer`; growing the memory detaches the buffer kept from before. */
  function at(pointer: number, length: number): DataView {
    if (memory !== undefined && memory.buffer !== buffer) {
      buffer = memory.buffer as ArrayBuffer
      view = new DataView(buffer)
    }
    if (pointer + length > buffer.byteLength) throw errno('FAULT')
    return view
  }

  return {
    attach: exported => {
      memory = exported
    },
    bytes: (pointer, length) => new Uint8Array(at(pointer, length).buffer, pointer, length) as Uint8Array,
    readU8: pointer => at(pointer, 1).getUint8(pointer),
    readU16: pointer => at(pointer, 2).getUint16(pointer, true),
    readU32: pointer => at(pointer, 4).getUint32(pointer, true),
    readU64: pointer => at(pointer, 8).getBigUint64(pointer, true),
    writeU8: (pointer, value) => at(pointer, 1).setUint8(pointer, value),
    writeU16: (pointer, value) => at(pointer, 2).setUint16(pointer, value, true),
    writeU32: (pointer, value) => at(pointer, 4).setUint32(pointer, value, true),
    writeU64: (pointer, value) => at(pointer, 8).setBigUint64(pointer, value, true),
    sizeBytes: () => memory?.buffer.byteLength ?? 0
  }
}
