import { exporter, type ReadableStorage, recursive } from 'ipfs-unixfs-exporter'
import { importer } from 'ipfs-unixfs-importer'
import { describe, expect, it } from 'vitest'
import {
  type BlockStore,
  CHUNK_BYTES,
  type ContentEntry,
  createMemoryBlockStore,
  DIRECTORY_ENTRIES_MAX,
  exportBytes,
  exportFiles,
  importBytes,
  importFiles
} from '../../src/content/index.ts'
import { someBytes } from './build.ts'

const TREE: ContentEntry[] = [
  { path: 'readme.md', content: someBytes(300) },
  { path: 'src/main.js', content: someBytes(5_000, 2) },
  { path: 'src/math/Vector3.js', content: someBytes(10, 3) },
  { path: 'src/empty.js', content: new Uint8Array(0) },
  { path: 'data/large.bin', content: someBytes(3 * CHUNK_BYTES + 7, 4) },
  { path: 'data/exact.bin', content: someBytes(CHUNK_BYTES, 5) },
  { path: 'é/日本.txt', content: someBytes(9, 6) },
  { path: 'bin/small', content: someBytes(40, 7), executable: true },
  { path: 'bin/large', content: someBytes(CHUNK_BYTES + 1, 8), executable: true }
]

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

/** Our blocks, as the reference implementation reads them. */
const storageOf = (blockstore: BlockStore): ReadableStorage => ({
  async *get(cid) {
    yield (await blockstore.get(cid))!
  }
})

describe('import', () => {
  it('gives the CIDs of the reference implementation', async () => {
    const blockstore = createMemoryBlockStore()
    const root = await importFiles(TREE, blockstore)
    const candidates = TREE.map(({ path, content, executable }) => ({
      path,
      content: content as Uint8Array,
      ...(executable ? { mode: 0o755 } : {})
    }))
    const put = { put: async (cid: unknown) => cid } as unknown as Parameters<typeof importer>[1]
    let reference = ''
    for await (const { cid, path } of importer(candidates, put, {
      profile: 'unixfs-v1-2025',
      wrapWithDirectory: true
    })) {
      if (path === '') reference = cid.toString()
    }
    expect(root.toString()).toBe(reference)
  })

  it('is read back by the reference implementation', async () => {
    const blockstore = createMemoryBlockStore()
    const root = await importFiles(TREE, blockstore)
    const found = new Map<string, Uint8Array>()
    for await (const { cid, path } of recursive(root, storageOf(blockstore))) {
      const entry = await exporter(cid, storageOf(blockstore))
      if (entry.type !== 'file' && entry.type !== 'raw') continue
      const pieces: Uint8Array[] = []
      for await (const piece of entry.content()) pieces.push(piece)
      found.set(path.split('/').slice(1).join('/'), Buffer.concat(pieces))
    }
    expect(found.size).toBe(TREE.length)
    for (const { path, content } of TREE) expect(Buffer.compare(found.get(path)!, content as Uint8Array)).toBe(0)
  })

  it('does not depend on the order of files, on how they are cut, or on whether they are streamed', async () => {
    const roots = await Promise.all([
      importFiles(TREE, createMemoryBlockStore()),
      importFiles(TREE.toReversed(), createMemoryBlockStore()),
      importFiles([...TREE, { path: 'src' }, { path: 'src/math' }], createMemoryBlockStore()),
      ...[1_000, 65_537, 2 * CHUNK_BYTES].map(size =>
        importFiles(
          TREE.map(file => ({ ...file, content: inPieces(file.content as Uint8Array, size) })),
          createMemoryBlockStore()
        )
      )
    ])
    expect(new Set(roots.map(String)).size).toBe(1)
  })

  it.each([0, 1, CHUNK_BYTES, CHUNK_BYTES + 1])('names %d bytes alone as in a directory', async length => {
    const blockstore = createMemoryBlockStore()
    const bytes = someBytes(length)
    const alone = await importBytes(bytes, blockstore)
    const root = await importFiles([{ path: 'f', content: bytes }], createMemoryBlockStore())
    const wrapped = await importFiles([{ path: 'f', content: inPieces(bytes, 10_000) }], createMemoryBlockStore())
    expect(wrapped.toString()).toBe(root.toString())
    expect(Buffer.compare(await exportBytes(alone, blockstore, { bytesMax: length }), bytes)).toBe(0)
  })

  it('keeps empty directories', async () => {
    const blockstore = createMemoryBlockStore()
    const root = await importFiles([{ path: 'a/b' }, { path: 'c' }], blockstore)
    const paths: string[] = []
    for await (const { type, path } of exportFiles(root, blockstore)) paths.push(`${type} ${path}`)
    expect(paths).toEqual(['directory a', 'directory a/b', 'directory c'])
    const none = await importFiles([], blockstore)
    // The empty directory has a well-known CID.
    expect(none.toString()).toBe('bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354')
  })

  const file = (path: string) => ({ path, content: new Uint8Array(1) })

  it.each([
    ['the same file twice', [file('a'), file('a')], 'E_CONTENT_DUPLICATE'],
    ['a file and a directory of one name', [file('a'), file('a/b')], 'E_CONTENT_DUPLICATE'],
    ['a directory and a file of one name', [file('a/b'), file('a')], 'E_CONTENT_DUPLICATE'],
    ['a path that leads out', [file('../a')], 'E_CONTENT_PATH'],
    ['an absolute path', [file('/a')], 'E_CONTENT_PATH']
  ])('refuses %s', async (_, entries, code) => {
    await expect(importFiles(entries, createMemoryBlockStore())).rejects.toMatchObject({ code })
  })

  it('keeps to its bounds', async () => {
    const entries = [file('a'), file('b'), file('c')]
    const imported = (limits: object, list: ContentEntry[] = entries) =>
      importFiles(list, createMemoryBlockStore(), { limits })
    await imported({ files: 3, bytes: 3 })
    await expect(imported({ files: 2 })).rejects.toMatchObject({ code: 'E_CONTENT_TOO_LARGE' })
    await expect(imported({ bytes: 2 })).rejects.toMatchObject({ code: 'E_CONTENT_TOO_LARGE' })
    const endless = async function* () {
      for (;;) yield new Uint8Array(1_000)
    }
    await expect(imported({ bytes: 50_000 }, [{ path: 'a', content: endless() }])).rejects.toMatchObject({
      code: 'E_CONTENT_TOO_LARGE'
    })
    const many = Array.from({ length: DIRECTORY_ENTRIES_MAX }, (_, i) => file(`d/${i}`))
    await imported({}, many)
    await expect(imported({}, [...many, file('d/more')])).rejects.toMatchObject({ code: 'E_CONTENT_TOO_LARGE' })
    const long = many.map((_, i) => file(`d/${'n'.repeat(240)}${i}`))
    await expect(imported({}, long)).rejects.toMatchObject({ code: 'E_CONTENT_TOO_LARGE' })
  })

  it('fails as the source of a file or the blockstore fails', async () => {
    const broken = async function* () {
      yield new Uint8Array(5)
      throw new Error('cable cut')
    }
    await expect(importFiles([{ path: 'a', content: broken() }], createMemoryBlockStore())).rejects.toThrow('cable cut')
    await expect(importFiles(TREE, createMemoryBlockStore(2 * CHUNK_BYTES))).rejects.toMatchObject({
      code: 'E_BLOCKSTORE_FULL'
    })
    const reason = new Error('enough')
    await expect(importFiles(TREE, createMemoryBlockStore(), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason
    )
  })
})
