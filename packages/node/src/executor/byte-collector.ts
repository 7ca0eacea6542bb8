const FIRST_ROOM_BYTES = 1024

/** Puts pieces together as they come; holds at most twice what it was given. */
export interface ByteCollector {
  add(bytes: Uint8Array): void
  /** All of it, in memory of its own. */
  take(): Uint8Array
}

export function createByteCollector(): ByteCollector {
  let room = new Uint8Array(0)
  let used = 0
  return {
    add: bytes => {
      if (used + bytes.length > room.length) {
        const larger = new Uint8Array(Math.max(FIRST_ROOM_BYTES, 2 * room.length, used + bytes.length))
        larger.set(room.subarray(0, used))
        room = larger
      }
      room.set(bytes, used)
      used += bytes.length
    },
    take: () => room.slice(0, used)
  }
}
