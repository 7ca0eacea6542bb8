import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFrameReader, encodeLengthPrefix } from '../../src/net/frame-reader.ts'

const FRAME_BYTES_MAX = 70_000

function framed(frames: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(frames.flatMap(frame => [encodeLengthPrefix(frame.byteLength), frame]))
}

function readAll(reader: ReturnType<typeof createFrameReader>): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame)
  return frames
}

describe('frame reader', () => {
  it('gives back every frame, however the bytes were cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }),
        (frames, cuts) => {
          const bytes = framed(frames)
          const reader = createFrameReader(FRAME_BYTES_MAX)
          const got: Uint8Array[] = []
          for (let at = 0, i = 0; at < bytes.byteLength; i++) {
            const size = cuts[i % cuts.length]!
            reader.push(bytes.subarray(at, at + size))
            at += size
            got.push(...readAll(reader))
          }
          expect(got.map(frame => [...frame])).toEqual(frames.map(frame => [...frame]))
          expect(reader.atBoundary).toBe(true)
          expect(reader.bufferedBytes).toBe(0)
        }
      )
    )
  })

  it('reads a frame that comes one byte at a time, and stays small meanwhile', () => {
    const frame = new Uint8Array(5_000).fill(7)
    const reader = createFrameReader(FRAME_BYTES_MAX)
    for (const byte of framed([frame])) {
      reader.push(Uint8Array.of(byte))
    }
    expect(reader.next()).toEqual(frame)
    expect(reader.atBoundary).toBe(true)
  })

  it('accepts a frame of exactly the bound and refuses one byte more by its prefix alone', () => {
    const reader = createFrameReader(FRAME_BYTES_MAX)
    reader.push(framed([new Uint8Array(FRAME_BYTES_MAX)]))
    expect(reader.next()?.byteLength).toBe(FRAME_BYTES_MAX)
    reader.push(encodeLengthPrefix(FRAME_BYTES_MAX + 1))
    expect(() => reader.next()).toThrow(
      expect.objectContaining({
        code: 'E_FRAME_TOO_LARGE',
        facts: { frameBytes: FRAME_BYTES_MAX + 1, frameBytesMax: FRAME_BYTES_MAX }
      })
    )
  })

  it.each([
    ['an endless prefix', [0xff, 0xff, 0xff, 0xff]],
    ['a prefix of five bytes', [0x80, 0x80, 0x80, 0x80, 0x01]],
    ['a prefix that is not minimal', [0x81, 0x00]],
    ['an empty frame', [0x00]]
  ])('refuses %s', (_, bytes) => {
    const reader = createFrameReader(FRAME_BYTES_MAX)
    reader.push(Uint8Array.from(bytes))
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'E_FRAME_INVALID' }))
  })

  it('refuses an endless prefix in no time, however much of it there is', () => {
    const reader = createFrameReader(FRAME_BYTES_MAX)
    for (let i = 0; i < 200_000; i++) reader.push(Uint8Array.of(0xff))
    const startMs = performance.now()
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'E_FRAME_INVALID' }))
    expect(performance.now() - startMs).toBeLessThan(100)
  })

  it('knows when a stream ends in the middle of a frame', () => {
    const reader = createFrameReader(FRAME_BYTES_MAX)
    reader.push(encodeLengthPrefix(300).subarray(0, 1))
    expect(reader.next()).toBeUndefined()
    expect(reader.atBoundary).toBe(false)
    reader.clear()
    expect(reader.atBoundary).toBe(true)
  })
})
