import { mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createFsBlockStore } from '../../src/content/block-store-node.ts'
import { type BlockStore, cidOf, createMemoryBlockStore, DAG_PB_CODE, RAW_CODE } from '../../src/content/index.ts'
import { someBytes } from './build.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'archipel-blocks-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

const STORES: [string, () => Promise<BlockStore>][] = [
  ['memory', async () => createMemoryBlockStore()],
  ['disk', async () => createFsBlockStore({ directory: await folder() })],
  ['disk without cache', async () => createFsBlockStore({ directory: await folder(), cacheBytesMax: 0 })]
]

describe.each(STORES)('blocks in %s', (_, create) => {
  it('are found by their CID, whatever its codec, until they are deleted', async () => {
    const blocks = await create()
    const bytes = someBytes(500)
    const cid = await cidOf(RAW_CODE, bytes)
    expect([await blocks.get(cid), await blocks.has(cid)]).toEqual([undefined, false])
    await blocks.delete(cid)
    await blocks.put(cid, bytes)
    expect(await blocks.get(cid)).toEqual(bytes)
    expect(await blocks.has(await cidOf(DAG_PB_CODE, bytes))).toBe(true)
    await blocks.delete(cid)
    expect([await blocks.get(cid), await blocks.has(cid)]).toEqual([undefined, false])
  })

  it('may be empty, and put by many at once', async () => {
    const blocks = await create()
    const empty = await cidOf(RAW_CODE, new Uint8Array(0))
    const bytes = someBytes(100_000)
    const cid = await cidOf(RAW_CODE, bytes)
    await Promise.all([
      blocks.put(empty, new Uint8Array(0)),
      ...Array.from({ length: 20 }, () => blocks.put(cid, bytes))
    ])
    expect(await blocks.get(empty)).toEqual(new Uint8Array(0))
    expect(Buffer.compare((await blocks.get(cid))!, bytes)).toBe(0)
  })

  it('are kept apart from the buffer they were cut from', async () => {
    const blocks = await create()
    const buffer = someBytes(1_000)
    const view = buffer.subarray(10, 20)
    const copy = view.slice()
    const cid = await cidOf(RAW_CODE, view)
    await blocks.put(cid, view)
    buffer.fill(0)
    expect(await blocks.get(cid)).toEqual(copy)
  })
})

describe('blocks in memory', () => {
  it('have a bound that counts small blocks too', async () => {
    const blocks = createMemoryBlockStore(10_000)
    let stored = 0
    const storing = (async () => {
      for (let i = 0; i < 1_000; i++) {
        const bytes = Uint8Array.of(i, i >> 8)
        await blocks.put(await cidOf(RAW_CODE, bytes), bytes)
        stored++
      }
    })()
    await expect(storing).rejects.toMatchObject({ code: 'E_BLOCKSTORE_FULL' })
    expect(stored).toBeGreaterThan(10)
    expect(stored).toBeLessThan(100)
  })
})

describe('blocks on disk', () => {
  it('are there after a restart', async () => {
    const directory = await folder()
    const bytes = someBytes(2_000_000)
    const cid = await cidOf(RAW_CODE, bytes)
    await (await createFsBlockStore({ directory })).put(cid, bytes)
    const again = await createFsBlockStore({ directory })
    expect(await again.has(cid)).toBe(true)
    expect(Buffer.compare((await again.get(cid))!, bytes)).toBe(0)
  })

  it('count as absent when the disk damaged them, and can be put again', async () => {
    const directory = await folder()
    const bytes = someBytes(5_000)
    const cid = await cidOf(RAW_CODE, bytes)
    const blocks = await createFsBlockStore({ directory, cacheBytesMax: 0 })
    await blocks.put(cid, bytes)
    await truncate(await onlyBlockIn(directory), 4_999)
    expect(await blocks.get(cid)).toBeUndefined()
    expect(await blocks.has(cid)).toBe(false)
    await blocks.put(cid, bytes)
    expect(await blocks.get(cid)).toEqual(bytes)
  })

  it('leave nothing half written, and clear away what a dead process left', async () => {
    const directory = await folder()
    const blocks = await createFsBlockStore({ directory })
    await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const bytes = someBytes(1_000, i)
        await blocks.put(await cidOf(RAW_CODE, bytes), bytes)
      })
    )
    expect(await readdir(join(directory, 'partial'))).toEqual([])
    const [old, young] = ['old', 'young'].map(name => join(directory, 'partial', name))
    await Promise.all([old!, young!].map(file => writeFile(file, 'half')))
    const yesterday = new Date(Date.now() - 24 * 3_600_000)
    await utimes(old!, yesterday, yesterday)
    await createFsBlockStore({ directory })
    expect(await readdir(join(directory, 'partial'))).toEqual(['young'])
  })

  it('say when the folder can not be used', async () => {
    const file = join(await folder(), 'file')
    await writeFile(file, '')
    await expect(createFsBlockStore({ directory: file })).rejects.toMatchObject({ code: 'E_BLOCKSTORE' })
    const directory = await folder()
    const blocks = await createFsBlockStore({ directory })
    await rm(join(directory, 'partial'), { recursive: true })
    const bytes = someBytes(10)
    await expect(blocks.put(await cidOf(RAW_CODE, bytes), bytes)).rejects.toMatchObject({ code: 'E_BLOCKSTORE' })
  })
})

async function onlyBlockIn(directory: string): Promise<string> {
  const names = await readdir(directory, { recursive: true })
  const files = names.map(name => join(directory, name))
  for (const file of files) if ((await stat(file)).isFile()) return file
  throw new Error('there is no block')
}
