import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { base32 } from 'multiformats/bases/base32'
import type { CID } from 'multiformats/cid'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createFsBlockStore } from '../../src/content/block-store-node.ts'
import { cidOf, exportFiles, importFiles, type KeptBlockStore, RAW_CODE } from '../../src/content/index.ts'
import { someBytes } from './build.ts'

const KIB = 1024
const BLOCK_BYTES = 16 * KIB

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'archipel-room-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function put(blocks: KeptBlockStore, seed: number): Promise<CID> {
  const bytes = someBytes(BLOCK_BYTES, seed)
  const cid = await cidOf(RAW_CODE, bytes)
  await blocks.put(cid, bytes)
  return cid
}

/** As if these had last been used so many minutes ago. */
async function age(directory: string, minutes: number, cids: readonly CID[]): Promise<void> {
  const then = new Date(Date.now() - minutes * 60_000)
  for (const cid of cids) {
    const name = base32.encode(cid.multihash.digest)
    await utimes(join(directory, name.slice(-2), `${name}.block`), then, then)
  }
}

async function ageAll(directory: string, minutes: number): Promise<void> {
  const then = new Date(Date.now() - minutes * 60_000)
  for (const name of await readdir(directory, { recursive: true })) {
    if (name.endsWith('.block')) await utimes(join(directory, name), then, then)
  }
}

async function present(blocks: KeptBlockStore, cids: readonly CID[]): Promise<number[]> {
  const found: number[] = []
  for (const [at, cid] of cids.entries()) if ((await blocks.get(cid)) !== undefined) found.push(at)
  return found
}

const open = (directory: string, blocks = 10) =>
  createFsBlockStore({ directory, bytesMax: blocks * BLOCK_BYTES, cacheBytesMax: 0 })

/** A full store; the block put first was used longest ago. */
async function fill(count = 10) {
  const directory = await folder()
  const blocks = await open(directory, count)
  const cids: CID[] = []
  for (let seed = 0; seed < count; seed++) cids.push(await put(blocks, seed))
  for (const [at, cid] of cids.entries()) await age(directory, 1_000 - at, [cid])
  return { directory, blocks, cids }
}

describe('a store of blocks with a bound', () => {
  it('holds exactly that much, then lets go of what was used longest ago', async () => {
    const { blocks, cids } = await fill()
    expect(blocks.stats().evictedBlocks).toBe(0)
    const last = await put(blocks, 10)
    expect(blocks.stats()).toMatchObject({ evictedBlocks: 1, usedBytes: 10 * BLOCK_BYTES })
    expect(await present(blocks, [...cids, last])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('counts looking for a block as using it', async () => {
    const { blocks, cids } = await fill()
    await blocks.has(cids[0]!)
    await blocks.get(cids[1]!)
    await put(blocks, 10)
    expect(await present(blocks, cids)).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9])
  })

  it('lets nothing go that is pinned, whole or in part, until its owner or its time lets go', async () => {
    const directory = await folder()
    const blocks = await open(directory)
    const files = [1, 2, 3].map(seed => ({ path: `d/f${seed}`, content: someBytes(BLOCK_BYTES, seed) }))
    const root = await importFiles(files, blocks)
    const isWhole = async () => {
      for await (const entry of exportFiles(root, blocks))
        if (entry.type === 'file')
          for await (const piece of entry.content()) expect(piece.byteLength).toBeGreaterThan(0)
      return true
    }
    await blocks.pin(root, 'job')
    await blocks.pin(root, 'result', Date.now() + 3_600_000)
    await blocks.pin(root, 'past', Date.now() - 1)
    for (let seed = 100; seed < 120; seed++) {
      await ageAll(directory, 1_000)
      await put(blocks, seed)
      if (seed === 105) blocks.unpin('result')
    }
    expect(blocks.stats().evictedBlocks).toBeGreaterThan(10)
    expect(await isWhole()).toBe(true)
    blocks.unpin('job')
    for (let seed = 200; seed < 210; seed++) {
      await ageAll(directory, 1_000)
      await put(blocks, seed)
    }
    await expect(isWhole()).rejects.toMatchObject({ code: 'E_BLOCK_MISSING' })
  })

  it('refuses one more when all that is here is needed, and takes it when it is not', async () => {
    const { blocks, cids } = await fill()
    for (const cid of cids) await blocks.pin(cid, 'job')
    await expect(put(blocks, 10)).rejects.toMatchObject({ code: 'E_BLOCKSTORE_FULL' })
    blocks.unpin('job')
    await put(blocks, 10)
    expect(await present(blocks, cids)).toHaveLength(9)
  })

  it('keeps what is put while its root is not known, and everything while told so', async () => {
    const { directory, blocks, cids } = await fill()
    const everything = blocks.hold('all')
    await expect(put(blocks, 10)).rejects.toMatchObject({ code: 'E_BLOCKSTORE_FULL' })
    everything()
    const release = blocks.hold()
    const made = await Promise.all([20, 21, 22].map(seed => put(blocks, seed)))
    await age(directory, 0.1, made)
    expect(await present(blocks, made)).toHaveLength(3)
    release()
    release()
    expect((await present(blocks, cids)).length).toBeGreaterThanOrEqual(5)
  })

  it('keeps what was here already and is put again while its root is not known', async () => {
    const { directory, blocks, cids } = await fill()
    // Used too lately to be noted as used again, and still the oldest of all.
    await age(directory, 30, cids)
    await age(directory, 40, [cids[0]!])
    const release = blocks.hold()
    await put(blocks, 0)
    await put(blocks, 10)
    release()
    expect(await present(blocks, cids)).toContain(0)
  })

  it('knows after a restart how full it is, and what was used when', async () => {
    const { directory, cids } = await fill()
    const again = await open(directory)
    expect(again.stats().usedBytes).toBeUndefined()
    const last = await put(again, 10)
    expect(again.stats().usedBytes).toBe(10 * BLOCK_BYTES)
    expect(await present(again, [...cids, last])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('lets nothing go any more that is pinned or used while it makes room', async () => {
    const { directory, blocks } = await fill(60)
    const files = Array.from({ length: 40 }, (_, seed) => ({ path: `f${seed}`, content: someBytes(BLOCK_BYTES, seed) }))
    // All of it is here but its one node, and is the oldest of all.
    const root = await importFiles(files, blocks)
    await ageAll(directory, 2_000)
    const making = put(blocks, 1_000)
    await new Promise<void>(resolve => setImmediate(resolve))
    await blocks.pin(root, 'job')
    const used = await cidOf(RAW_CODE, someBytes(BLOCK_BYTES, 50))
    const wasThere = await blocks.has(used)
    const left = await countOf(blocks)
    await making
    expect(await countOf(blocks)).toBe(left)
    expect(await blocks.has(used)).toBe(wasThere)
  })
})

async function countOf(blocks: KeptBlockStore): Promise<number> {
  const all = await Promise.all(
    Array.from({ length: 40 }, async (_, seed) => blocks.has(await cidOf(RAW_CODE, someBytes(BLOCK_BYTES, seed))))
  )
  return all.filter(Boolean).length
}
