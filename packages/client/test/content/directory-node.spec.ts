import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readDirectory } from '../../src/content/directory-node.ts'
import {
  CHUNK_BYTES,
  createMemoryBlockStore,
  type ExportedDirectory,
  type ExportedFile,
  exportFiles,
  importFiles
} from '../../src/content/index.ts'
import { writeFiles } from '../../src/content/write-node.ts'
import { createBuilder, someBytes } from './build.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'archipel-files-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function makeTree(): Promise<string> {
  const root = await folder()
  await mkdir(join(root, 'src', 'empty'), { recursive: true })
  await writeFile(join(root, 'a.txt'), 'a')
  await writeFile(join(root, 'src', 'none'), '')
  await writeFile(join(root, 'src', 'large'), someBytes(CHUNK_BYTES + 11))
  await writeFile(join(root, 'src', 'exact'), someBytes(CHUNK_BYTES, 2))
  return root
}

async function paths(source: AsyncIterable<{ path: string }>): Promise<string[]> {
  const list: string[] = []
  for await (const { path } of source) list.push(path)
  return list
}

/** Everything below a folder: path → bytes of a file, or undefined for a directory. */
async function contentsOf(root: string): Promise<Map<string, Buffer | undefined>> {
  const found = new Map<string, Buffer | undefined>()
  for (const name of (await readdir(root, { recursive: true })).toSorted()) {
    const file = join(root, name)
    found.set(name, (await stat(file)).isFile() ? await readFile(file) : undefined)
  }
  return found
}

describe('reading a directory', () => {
  it('finds everything in it, names in order', async () => {
    expect(await paths(readDirectory(await makeTree()))).toEqual([
      'a.txt',
      'src',
      'src/empty',
      'src/exact',
      'src/large',
      'src/none'
    ])
  })

  it('survives the way through content and back', async () => {
    const from = await makeTree()
    const blockstore = createMemoryBlockStore()
    const root = await importFiles(readDirectory(from), blockstore)
    const to = join(await folder(), 'new', 'out')
    expect(await writeFiles(exportFiles(root, blockstore), to)).toBe(4)
    expect(await contentsOf(to)).toEqual(await contentsOf(from))
    expect((await importFiles(readDirectory(to), blockstore)).toString()).toBe(root.toString())
  })

  it('refuses or skips symlinks, as asked', async () => {
    const root = await makeTree()
    await symlink('/etc/passwd', join(root, 'src', 'secrets'))
    await expect(paths(readDirectory(root))).rejects.toMatchObject({
      code: 'E_CONTENT_SYMLINK',
      facts: { path: join(root, 'src', 'secrets') }
    })
    expect(await paths(readDirectory(root, { symlinks: 'skip' }))).not.toContain('src/secrets')
  })

  it('refuses what is neither file nor directory, without waiting for it', async () => {
    const root = await makeTree()
    expect(spawnSync('mkfifo', [join(root, 'pipe')]).status).toBe(0)
    await expect(paths(readDirectory(root))).rejects.toMatchObject({ code: 'E_CONTENT_FILE_TYPE' })
  })

  it('names what it can not read', async () => {
    const missing = join(await folder(), 'missing')
    await expect(paths(readDirectory(missing))).rejects.toMatchObject({
      code: 'E_CONTENT_READ',
      facts: { path: missing, reason: 'ENOENT' }
    })
  })

  it('names a file it may not read', async () => {
    const root = await makeTree()
    await chmod(root, 0o755)
    await chmod(join(root, 'a.txt'), 0)
    await asOrdinaryUser(() =>
      expect(paths(readDirectory(root))).rejects.toMatchObject({
        code: 'E_CONTENT_READ',
        facts: { path: join(root, 'a.txt'), reason: 'EACCES' }
      })
    )
  })
})

/** Root may read everything, so it steps down to nobody for as long as `work` takes. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return work()
  process.seteuid?.(65_534)
  try {
    await work()
  } finally {
    process.seteuid?.(0)
  }
}

describe('writing files', () => {
  const file = (path: string, content = 'new'): ExportedFile => ({
    type: 'file',
    path,
    byteLength: content.length,
    executable: false,
    async *content() {
      yield new TextEncoder().encode(content)
    }
  })

  async function* from(...entries: (ExportedFile | ExportedDirectory)[]) {
    yield* entries
  }

  it('refuses a target that is not empty, and leaves it as it was', async () => {
    const target = await folder()
    await writeFile(join(target, 'mine'), 'mine')
    await expect(writeFiles(from(file('a')), target)).rejects.toMatchObject({ code: 'E_CONTENT_EXISTS' })
    const plain = join(target, 'mine')
    for (const overwrite of [false, true]) {
      await expect(writeFiles(from(file('a')), plain, { overwrite })).rejects.toMatchObject({
        code: 'E_CONTENT_EXISTS'
      })
    }
    expect(await contentsOf(target)).toEqual(new Map([['mine', Buffer.from('mine')]]))
  })

  it('replaces files of the same path when told, and no others', async () => {
    const target = await folder()
    await mkdir(join(target, 'd'))
    await writeFile(join(target, 'd', 'a'), 'old')
    await writeFile(join(target, 'other'), 'other')
    await writeFiles(from({ type: 'directory', path: 'd' }, file('d/a'), file('d/e/b')), target, { overwrite: true })
    expect(await contentsOf(target)).toEqual(
      new Map([
        ['d', undefined],
        ['d/a', Buffer.from('new')],
        ['d/e', undefined],
        ['d/e/b', Buffer.from('new')],
        ['other', Buffer.from('other')]
      ])
    )
  })

  it('leaves nothing behind when the export fails half way', async () => {
    const parent = await folder()
    const { raw, directory, blockstore } = createBuilder()
    const root = await directory([
      ['a', await raw('1')],
      ['../../out', await raw('2')]
    ])
    await expect(writeFiles(exportFiles(root, blockstore), join(parent, 'out'))).rejects.toMatchObject({
      code: 'E_CONTENT_PATH'
    })
    expect(await readdir(parent)).toEqual([])
  })

  it.each(['../evil', '/tmp/evil', 'a/../../evil', 'a\\..\\evil'])(
    'does not trust the path %j even if the export did',
    async path => {
      const parent = await folder()
      await expect(writeFiles(from(file(path)), join(parent, 'out'))).rejects.toMatchObject({ code: 'E_CONTENT_PATH' })
      expect(await readdir(parent)).toEqual([])
    }
  )

  it('does not follow symlinks in the target out of it', async () => {
    const [outside, target] = [await folder(), await folder()]
    await writeFile(join(outside, 'victim'), 'untouched')
    await symlink(outside, join(target, 'link'))
    await symlink(join(outside, 'victim'), join(target, 'file'))
    await expect(writeFiles(from(file('link/victim')), target, { overwrite: true })).rejects.toMatchObject({
      code: 'E_CONTENT_EXISTS'
    })
    await writeFiles(from(file('file')), target, { overwrite: true })
    expect(await contentsOf(outside)).toEqual(new Map([['victim', Buffer.from('untouched')]]))
    expect(await readFile(join(target, 'file'), 'utf8')).toBe('new')
    await expect(writeFiles(from(file('x')), join(target, 'link'), { overwrite: true })).rejects.toMatchObject({
      code: 'E_CONTENT_EXISTS'
    })
  })

  it('does not put a file where a directory is', async () => {
    const target = await folder()
    await mkdir(join(target, 'a'))
    await writeFile(join(target, 'a', 'keep'), 'keep')
    await expect(writeFiles(from(file('a')), target, { overwrite: true })).rejects.toMatchObject({
      code: 'E_CONTENT_WRITE'
    })
    expect(await readFile(join(target, 'a', 'keep'), 'utf8')).toBe('keep')
  })
})
