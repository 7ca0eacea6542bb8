import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { describe, expect, it } from 'vitest'
import { cidOf, exportBytes, exportFiles, RAW_CODE } from '../../src/content/index.ts'
import { createBuilder, someBytes } from './build.ts'

async function readAll(...args: Parameters<typeof exportFiles>): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for await (const entry of exportFiles(...args)) {
    if (entry.type === 'directory') {
      found[`${entry.path}/`] = 0
      continue
    }
    let read = 0
    for await (const piece of entry.content()) read += piece.byteLength
    expect(read).toBe(entry.byteLength)
    found[entry.path] = read
  }
  return found
}

describe('export of what a stranger made', () => {
  it('reads the kinds of file that importers make', async () => {
    const { raw, file, node, directory, blockstore } = createBuilder()
    const [a, b] = [await raw('aaa'), await raw('bb')]
    const nested = await file([
      [
        await file([
          [a, 3],
          [b, 2]
        ]),
        5
      ],
      [a, 3]
    ])
    const inline = await node({ type: 'file', data: new TextEncoder().encode('inline') })
    const old = await node({ type: 'raw', data: new TextEncoder().encode('old') })
    const root = await directory({ a, empty: await directory({}), inline, nested, old })
    expect(await readAll(root, blockstore)).toEqual({ a: 3, 'empty/': 0, inline: 6, nested: 8, old: 3 })
    expect(await exportBytes(nested, blockstore, { bytesMax: 8 })).toEqual(new TextEncoder().encode('aaabbaaa'))
  })

  it.each(['..', '.', '', '/etc/passwd', '../up', 'a/b', 'a\\..\\b', 'nul\0', '\u001b[2J', 'n'.repeat(256)])(
    'refuses the name %j',
    async name => {
      const { raw, directory, blockstore } = createBuilder()
      const root = await directory([['ok', await directory([[name, await raw('x')]])]])
      await expect(readAll(root, blockstore)).rejects.toMatchObject({ code: 'E_CONTENT_PATH' })
    }
  )

  it.each([
    ['the same name', 'a', 'a', false],
    ['another case', 'README', 'readme', true],
    ['another Unicode form', 'e\u0301', '\u00e9', true]
  ])('refuses two entries of %s', async (_, first, second, allowed) => {
    const { raw, directory, blockstore } = createBuilder()
    const root = await directory([
      [first, await raw('1')],
      [second, await raw('22')]
    ])
    await expect(readAll(root, blockstore)).rejects.toMatchObject({ code: 'E_CONTENT_DUPLICATE' })
    const folded = readAll(root, blockstore, { allowFoldedDuplicates: true })
    if (allowed) expect(Object.keys(await folded)).toHaveLength(2)
    else await expect(folded).rejects.toMatchObject({ code: 'E_CONTENT_DUPLICATE' })
  })

  it.each([['symlink'], ['hamt-sharded-directory'], ['metadata']] as const)('refuses a %s', async type => {
    const { node, directory, blockstore } = createBuilder()
    const root = await directory({ it: await node({ type, data: new TextEncoder().encode('/etc/passwd') }) })
    await expect(readAll(root, blockstore)).rejects.toMatchObject({ code: 'E_CONTENT_UNSUPPORTED' })
  })

  it('refuses files that contradict themselves', async () => {
    const { raw, file, node, directory, blockstore } = createBuilder()
    const part = await raw('abc')
    const lies: Record<string, CID> = {
      'a part longer than said': await file([[part, 2]]),
      'a part shorter than said': await file([[part, 4]]),
      'an empty part': await file([[await raw(''), 0]]),
      'a part that is a directory': await file([[await directory({}), 4]]),
      'no sizes': await node({ type: 'file' }, [{ Name: '', Hash: part, Tsize: 3 }]),
      'more sizes than parts': await node({ type: 'file', blockSizes: [3n] }),
      'an impossible size': await node({ type: 'file', blockSizes: [2n ** 62n] }, [{ Name: '', Hash: part, Tsize: 3 }])
    }
    for (const [name, cid] of Object.entries(lies)) {
      const root = await directory({ f: cid })
      await expect(readAll(root, blockstore), name).rejects.toMatchObject({ code: 'E_CONTENT_INVALID' })
    }
    const notUnixFs = await directory({ f: await node(Uint8Array.of(0xff, 0xff)) })
    await expect(readAll(notUnixFs, blockstore)).rejects.toMatchObject({ code: 'E_CONTENT_INVALID' })
  })

  it('refuses links to what is not content', async () => {
    const { directory, blockstore } = createBuilder()
    const digest = (await cidOf(RAW_CODE, someBytes(3))).multihash
    for (const cid of [
      CID.createV1(0x71, digest),
      CID.createV0(Digest.create(0x12, digest.digest)),
      CID.createV1(RAW_CODE, Digest.create(0x13, someBytes(64)))
    ]) {
      const root = await directory({ f: cid })
      await expect(readAll(root, blockstore)).rejects.toMatchObject({ code: 'E_CONTENT_INVALID' })
    }
  })

  it('is not drawn into a few blocks that describe endless reading', async () => {
    const { raw, file, directory, blockstore } = createBuilder()
    // Doubling a file of one byte forty times would be a terabyte of one-byte reads.
    let cid = await raw('x')
    let size = 1
    for (let i = 0; i < 7; i++) {
      cid = await file(Array(16).fill([cid, size]))
      size *= 16
    }
    await expect(readAll(await directory({ bomb: cid }), blockstore)).rejects.toMatchObject({
      code: 'E_CONTENT_TOO_LARGE'
    })
    // The same with directories: each level holds the one below twice.
    let level = await directory({})
    for (let i = 0; i < 30; i++) level = await directory({ a: level, b: level })
    await expect(readAll(level, blockstore, { limits: { files: 1_000 } })).rejects.toMatchObject({
      code: 'E_CONTENT_TOO_LARGE'
    })
    let chain = await raw('x')
    for (let i = 0; i < 20; i++) chain = await file([[chain, 1]])
    await expect(readAll(await directory({ chain }), blockstore)).rejects.toMatchObject({ code: 'E_CONTENT_TOO_LARGE' })
  })

  it('keeps to its bounds, and takes exactly as much', async () => {
    const { raw, directory, blockstore } = createBuilder()
    const root = await directory({ a: await raw('12345'), d: await directory({ b: await raw('12345') }) })
    expect(await readAll(root, blockstore, { limits: { files: 3, bytes: 10 } })).toEqual({ a: 5, 'd/': 0, 'd/b': 5 })
    for (const limits of [{ files: 2 }, { bytes: 9 }]) {
      await expect(readAll(root, blockstore, { limits })).rejects.toMatchObject({ code: 'E_CONTENT_TOO_LARGE' })
    }
    const file = await raw('12345')
    await expect(exportBytes(file, blockstore, { bytesMax: 4 })).rejects.toMatchObject({ code: 'E_CONTENT_TOO_LARGE' })
  })

  it('says what is missing and what is of the other kind', async () => {
    const { raw, directory, blockstore } = createBuilder()
    const absent = await cidOf(RAW_CODE, someBytes(9))
    const root = await directory({ f: absent })
    await expect(readAll(root, blockstore)).rejects.toMatchObject({
      code: 'E_BLOCK_MISSING',
      facts: { cid: absent.toString() }
    })
    await expect(readAll(await raw('x'), blockstore)).rejects.toMatchObject({ code: 'E_CONTENT_NOT_DIRECTORY' })
    await expect(exportBytes(root, blockstore, { bytesMax: 9 })).rejects.toMatchObject({ code: 'E_CONTENT_NOT_FILE' })
  })
})
