import { FRAME_BYTES_MAX, FRAME_HEADER_BYTES } from './runner/wire.ts'

/** Cuts a stream of bytes into frames; returns false for a frame longer than one may be, and takes no more. */
export type FrameReader = (chunk: Buffer) => boolean

/** `onFrame` gets payloads that share memory with the chunks. */
export function createFrameReader(onFrame: (type: number, payload: Buffer) => void): FrameReader {
  let held: Buffer[] = []
  let heldBytes = 0
  let wanted = FRAME_HEADER_BYTES
  let broken = false

  return chunk => {
    if (broken) return false
    held.push(chunk)
    heldBytes += chunk.length
    if (heldBytes < wanted) return true
    const bytes = held.length === 1 ? chunk : Buffer.concat(held)
    let offset = 0
    for (;;) {
      wanted = FRAME_HEADER_BYTES
      if (bytes.length - offset < wanted) break
      const length = bytes.readUInt32LE(offset)
      if (length > FRAME_BYTES_MAX) {
        broken = true
        return false
      }
      wanted += length
      if (bytes.length - offset < wanted) break
      onFrame(bytes[offset + 4]!, bytes.subarray(offset + FRAME_HEADER_BYTES, offset + wanted))
      offset += wanted
    }
    held = [bytes.subarray(offset)]
    heldBytes = bytes.length - offset
    return true
  }
}
