/** Bytes that grow at their end. */
export interface ByteWriter {
  readonly length: number
  byte(value: number): void
  bytes(values: ArrayLike<number>): void
  /** Copies `source` from `start` up to `end`. */
  copy(source: Uint8Array, start: number, end: number): void
  u32(value: number): void
  /** Signed LEB128 of a safe integer. */
  signed(value: number): void
  /** A view of what was written; good until the next write. */
  view(): Uint8Array
  clear(): void
}

/** Copies up to this size are faster one by one. */
const SHORT_COPY_BYTES = 24
const U32_BYTES_MAX = 5

export function createByteWriter(roomBytes = 1024): ByteWriter {
  let room = new Uint8Array(roomBytes)
  let used = 0

  function reserve(count: number): void {
    if (used + count <= room.length) return
    const larger = new Uint8Array(Math.max(2 * room.length, used + count))
    larger.set(room.subarray(0, used))
    room = larger
  }

  return {
    get length() {
      return used
    },
    byte: value => {
      reserve(1)
      room[used++] = value
    },
    bytes: values => {
      reserve(values.length)
      for (let i = 0; i < values.length; i++) room[used++] = values[i]!
    },
    copy: (source, start, end) => {
      reserve(end - start)
      if (end - start > SHORT_COPY_BYTES) {
        room.set(source.subarray(start, end), used)
        used += end - start
      } else for (let i = start; i < end; i++) room[used++] = source[i]!
    },
    u32: value => {
      reserve(U32_BYTES_MAX)
      let rest = value
      for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) room[used++] = (rest & 0x7f) | 0x80
      room[used++] = rest
    },
    signed: value => {
      reserve(2 * U32_BYTES_MAX)
      let rest = value
      for (;;) {
        const low = ((rest % 0x80) + 0x80) % 0x80
        rest = Math.floor(rest / 0x80)
        const last = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)
        room[used++] = last ? low : low | 0x80
        if (last) return
      }
    },
    view: () => room.subarray(0, used),
    clear: () => {
      used = 0
    }
  }
}
