import { answerChunk, commitToData, DATA_CHUNK_BYTES } from '@archipel/protocol'
import { CID } from 'multiformats/cid'
import { expect, it } from 'vitest'
import { createMemoryBlockStore, importBytes, importFiles } from '../../src/content/index.ts'
import { deliveredData } from '../../src/dispute/data.ts'
import { someBytes } from '../content/build.ts'

const FILES = [
  { path: 'a/large.bin', content: someBytes(1_200_000) },
  { path: 'a/small.txt', content: new TextEncoder().encode('small') },
  // The same bytes again: one block.
  { path: 'b.txt', content: new TextEncoder().encode('small') }
]

async function delivered(files = FILES, text = 'hello') {
  const blocks = createMemoryBlockStore()
  const stdout = await importBytes(new TextEncoder().encode(text), blocks)
  const output = await importFiles(files, blocks)
  return { blocks, result: { stdout: stdout.bytes, output: output.bytes } }
}

it('is the same archive for whoever has the blocks, in whatever order they came', async () => {
  const one = await delivered()
  const other = await delivered([...FILES].reverse())
  const data = await deliveredData(one.result, one.blocks)
  expect(isSame(data, await deliveredData(other.result, other.blocks))).toBe(true)
  expect(commitToData(data!).chunks).toBe(Math.ceil(data!.byteLength / DATA_CHUNK_BYTES))
})

it('is CARv1: header, then every block once after the CID that names it', async () => {
  const { blocks, result } = await delivered()
  const data = (await deliveredData(result, blocks))!
  const names = sectionsOf(data).map(section => CID.decode(section.subarray(0, 36)).toString())
  expect(new Set(names).size).toBe(names.length)
  expect(names[0]).toBe(CID.decode(result.stdout).toString())
  expect(names[1]).toBe(CID.decode(result.output).toString())
  for (const section of sectionsOf(data)) {
    expect(isSame(await blocks.get(CID.decode(section.subarray(0, 36))), section.subarray(36))).toBe(true)
  }
})

it('is never nothing: a program that wrote nothing delivered two empty roots', async () => {
  const { blocks, result } = await delivered([], '')
  const data = (await deliveredData(result, blocks))!
  expect(answerChunk(data, 0).chunk).toEqual(data)
})

it('says so when a block is missing', async () => {
  const { blocks, result } = await delivered()
  await blocks.delete(CID.decode(result.output))
  expect(await deliveredData(result, blocks)).toBeUndefined()
})

it('takes exactly as much as allowed, and not one byte more', async () => {
  const { blocks, result } = await delivered()
  const { byteLength } = (await deliveredData(result, blocks))!
  expect((await deliveredData(result, blocks, byteLength))?.byteLength).toBe(byteLength)
  await expect(deliveredData(result, blocks, byteLength - 1)).rejects.toMatchObject({ code: 'E_DATA_TOO_LARGE' })
})

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return Buffer.compare(one ?? new Uint8Array(0), other ?? new Uint8Array(0)) === 0
}

/** What follows the header, by its own length prefixes. */
function sectionsOf(data: Uint8Array): Uint8Array[] {
  const sections: Uint8Array[] = []
  for (let at = 0; at < data.byteLength; ) {
    let length = 0
    let factor = 1
    for (; ; factor *= 128) {
      const byte = data[at++]!
      length += (byte & 127) * factor
      if (byte < 128) break
    }
    sections.push(data.subarray(at, at + length))
    at += length
  }
  return sections.slice(1)
}
