import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createFrameReader } from '../../../src/executor/wasm/frame-reader.ts'
import { createFrameWriter } from '../../../src/executor/wasm/frame-writer.ts'
import { FRAME_BYTES_MAX } from '../../../src/executor/wasm/runner/wire.ts'
import { never } from '../jobs.ts'

function frame(type: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt32LE(payload.length, 0)
  header[4] = type
  return Buffer.concat([header, payload])
}

function readAll(chunks: Buffer[]) {
  const frames: [type: number, payload: string][] = []
  const read = createFrameReader((type, payload) => frames.push([type, payload.toString()]))
  return { frames, intact: chunks.every(read) }
}

describe('reading frames', () => {
  const bytes = Buffer.concat([frame(1, Buffer.from('one')), frame(2, Buffer.alloc(0)), frame(3, Buffer.from('three'))])
  const expected = [
    [1, 'one'],
    [2, ''],
    [3, 'three']
  ]

  it('finds them however the bytes are cut', () => {
    expect(readAll([bytes]).frames).toEqual(expected)
    expect(readAll([...bytes].map(byte => Buffer.of(byte))).frames).toEqual(expected)
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(readAll([bytes.subarray(0, cut), bytes.subarray(cut)]).frames).toEqual(expected)
    }
  })

  it('takes the longest frame and refuses one byte more, before that has come', () => {
    expect(readAll([frame(7, Buffer.alloc(FRAME_BYTES_MAX))])).toMatchObject({
      frames: [[7, expect.anything()]],
      intact: true
    })
    const header = Buffer.alloc(5)
    header.writeUInt32LE(FRAME_BYTES_MAX + 1, 0)
    expect(readAll([header, bytes])).toEqual({ frames: [], intact: false })
  })
})

describe('writing frames', () => {
  it('gives what a reader finds, long payloads in several', async () => {
    const stream = new PassThrough({ highWaterMark: 8 * FRAME_BYTES_MAX })
    const chunks: Buffer[] = []
    stream.on('data', chunk => chunks.push(chunk))
    const writer = createFrameWriter(stream)
    writer.write(1)
    writer.writeJson(2, { a: 1 })
    writer.write(3, Buffer.alloc(FRAME_BYTES_MAX + 1, 'x'))
    writer.write(4, Buffer.from('end'))
    await writer.flush(never)
    stream.end()
    await new Promise(resolve => stream.on('end', resolve))
    const { frames } = readAll(chunks)
    expect(frames.map(([type, payload]) => [type, payload.length])).toEqual([
      [1, 0],
      [2, 7],
      [3, FRAME_BYTES_MAX],
      [3, 1],
      [4, 3]
    ])
  })

  it('waits for room, and stops waiting on the signal', async () => {
    const stream = new PassThrough({ highWaterMark: 10 })
    const writer = createFrameWriter(stream)
    writer.write(1, Buffer.alloc(100))
    const controller = new AbortController()
    const flushed = writer.flush(controller.signal)
    controller.abort(new Error('enough'))
    await expect(flushed).rejects.toThrow('enough')
    const again = writer.flush(never)
    stream.resume()
    await again
    expect(stream.listenerCount('drain') + stream.listenerCount('close')).toBeLessThan(3)
  })
})
