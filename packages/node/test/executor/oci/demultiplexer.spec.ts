import { expect, it } from 'vitest'
import { createDemultiplexer } from '../../../src/executor/oci/engine/demultiplexer.ts'

function piece(type: number, content: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = type
  header.writeUInt32BE(content.length, 4)
  return Buffer.concat([header, Buffer.from(content)])
}

function readAll(chunks: Buffer[]) {
  const seen = { stdout: '', stderr: '' }
  const take = createDemultiplexer((stream, bytes) => {
    seen[stream] += bytes.toString()
  })
  for (const chunk of chunks) take(chunk)
  return seen
}

const bytes = Buffer.concat([piece(1, 'one'), piece(2, ''), piece(2, 'two'), piece(1, 'three')])
const expected = { stdout: 'onethree', stderr: 'two' }

it('tells streams apart however the bytes are cut', () => {
  expect(readAll([bytes])).toEqual(expected)
  expect(readAll([...bytes].map(byte => Buffer.of(byte)))).toEqual(expected)
  for (let cut = 1; cut < bytes.length; cut++) {
    expect(readAll([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(expected)
  }
})

it('passes on the beginning of a piece that says it is enormous', () => {
  const header = piece(1, '')
  header.writeUInt32BE(2 ** 32 - 1, 4)
  expect(readAll([header, Buffer.from('some')])).toEqual({ stdout: 'some', stderr: '' })
})

it('refuses a stream that there is not', () => {
  expect(() => readAll([piece(3, 'x')])).toThrow(expect.objectContaining({ code: 'E_RUNNER_DIED' }))
})
