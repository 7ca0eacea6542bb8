import { spawnSync } from 'node:child_process'
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CID } from 'multiformats/cid'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readDirectory } from '../../src/content/directory-node.ts'
import { type ContentEntry, createMemoryBlockStore, exportFiles, importFiles } from '../../src/content/index.ts'
import { writeFiles } from '../../src/content/write-node.ts'
import { type Builder, createBuilder } from './build.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'archipel-tricks-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

const text = (words: string) => new TextEncoder().encode(words)

describe('content that a stranger made', () => {
  type Make = (builder: Builder) => Promise<CID>
  const named =
    (...names: string[]): Make =>
    async ({ raw, directory }) =>
      directory(await Promise.all(names.map(async (name): Promise<[string, CID]> => [name, await raw(name)])))
  const holding =
    (...[unixfs]: Parameters<Builder['node']>): Make =>
    async ({ node, directory }) =>
      directory({ it: await node(unixfs) })

  it.each<[string, string, Make]>([
    ['climbs out by its name', 'E_CONTENT_PATH', named('../evil')],
    ['is a step', 'E_CONTENT_PATH', named('..')],
    ['is absolute', 'E_CONTENT_PATH', named('/etc/cron.d/evil')],
    ['hides a step behind a backslash', 'E_CONTENT_PATH', named('a\\..\\evil')],
    ['ends its name early', 'E_CONTENT_PATH', named('ok\0/../evil')],
    ['moves the cursor', 'E_CONTENT_PATH', named('\u001b[2Jok')],
    ['has no name', 'E_CONTENT_PATH', named('')],
    ['has one name twice', 'E_CONTENT_DUPLICATE', named('a', 'a')],
    ['has two names that differ in case only', 'E_CONTENT_DUPLICATE', named('README', 'readme')],
    ['has two names that differ in Unicode form only', 'E_CONTENT_DUPLICATE', named('\u00e9', 'e\u0301')],
    ['has two names that differ in a mark nobody sees', 'E_CONTENT_DUPLICATE', named('.git', '.g\u200cit')],
    ['has two names that differ in the long s only', 'E_CONTENT_DUPLICATE', named('passwd', 'pa\u017fswd')],
    ['has a symlink', 'E_CONTENT_UNSUPPORTED', holding({ type: 'symlink', data: text('/etc/passwd') })],
    ['has a file that runs as its owner', 'E_CONTENT_UNSUPPORTED', holding({ type: 'file', mode: 0o4755 })],
    ['has a file that runs as its group', 'E_CONTENT_UNSUPPORTED', holding({ type: 'file', mode: 0o2755 })],
    ['is sharded', 'E_CONTENT_UNSUPPORTED', holding({ type: 'hamt-sharded-directory' })]
  ])('is refused when it %s', async (_, code, make) => {
    const builder = createBuilder()
    const root = await make(builder)
    const parent = await folder()
    const written = writeFiles(exportFiles(root, builder.blockstore), join(parent, 'out'))
    await expect(written).rejects.toMatchObject({ code })
    expect(await readdir(parent)).toEqual([])
  })

  it('gets no rights by its mode but to be run', async () => {
    const { node, directory, blockstore } = createBuilder()
    const modes = { all: 0o777, plain: 0o666, run: 0o111, none: 0o000, device: 0o020644 }
    const entries = await Promise.all(
      Object.entries(modes).map(
        async ([name, mode]): Promise<[string, CID]> => [name, await node({ type: 'file', data: text(name), mode })]
      )
    )
    const out = join(await folder(), 'out')
    await writeFiles(exportFiles(await directory(entries), blockstore), out)
    const found = await Promise.all(
      Object.keys(modes).map(async name => {
        const stats = await stat(join(out, name))
        return [name, stats.isFile(), stats.mode & 0o7777 & ~process.umask()]
      })
    )
    const [run, read] = [0o755 & ~process.umask(), 0o644 & ~process.umask()]
    expect(found).toEqual([
      ['all', true, run],
      ['plain', true, read],
      ['run', true, run],
      ['none', true, read],
      ['device', true, read]
    ])
  })

  it('is written neither through a symlink nor into a file that has a second name elsewhere', async () => {
    const [outside, target] = [await folder(), await folder()]
    await writeFile(join(outside, 'victim'), 'untouched')
    await link(join(outside, 'victim'), join(target, 'hard'))
    await symlink(join(outside, 'victim'), join(target, 'soft'))
    const blockstore = createMemoryBlockStore()
    const root = await importFiles(
      ['hard', 'soft'].map(path => ({ path, content: text('new') })),
      blockstore
    )
    await writeFiles(exportFiles(root, blockstore), target, { overwrite: true })
    expect(await readFile(join(outside, 'victim'), 'utf8')).toBe('untouched')
    for (const name of ['hard', 'soft']) expect(await readFile(join(target, name), 'utf8')).toBe('new')
  })
})

describe('a folder of ours', () => {
  it.each<[string, string, (at: string) => Promise<unknown>]>([
    ['a symlink to a file', 'E_CONTENT_SYMLINK', at => symlink('/etc/passwd', at)],
    ['a symlink to a directory', 'E_CONTENT_SYMLINK', at => symlink('/', at)],
    ['a symlink to nowhere', 'E_CONTENT_SYMLINK', at => symlink('nowhere', at)],
    ['a pipe', 'E_CONTENT_FILE_TYPE', async at => expect(spawnSync('mkfifo', [at]).status).toBe(0)],
    ['a name that moves the cursor', 'E_CONTENT_PATH', at => writeFile(`${at}\u001b[2J`, '')]
  ])('is not imported with %s in it', async (_, code, make) => {
    const from = await folder()
    await writeFile(join(from, 'a'), 'a')
    await make(join(from, 'trick'))
    await expect(importFiles(readDirectory(from), createMemoryBlockStore())).rejects.toMatchObject({ code })
  })

  it('gives a file with two names twice, as the two files that it looks like', async () => {
    const from = await folder()
    await writeFile(join(from, 'a'), 'a')
    await link(join(from, 'a'), join(from, 'b'))
    const entries: ContentEntry[] = await Array.fromAsync(readDirectory(from))
    expect(entries.map(({ path }) => path)).toEqual(['a', 'b'])
  })

  it('keeps which of its files may be run, large and small, there and back, and nothing else of their modes', async () => {
    const from = await folder()
    await mkdir(join(from, 'bin'))
    const modes: [string, number, number][] = [
      ['bin/small', 3, 0o755],
      ['bin/large', 2 ** 20 + 5, 0o700],
      ['bin/theirs', 3, 0o611],
      ['plain', 3, 0o666],
      ['special', 4, 0o4755]
    ]
    for (const [path, bytes, mode] of modes) {
      await writeFile(join(from, path), new Uint8Array(bytes).fill(bytes))
      await chmod(join(from, path), mode)
    }
    const blockstore = createMemoryBlockStore()
    const root = await importFiles(readDirectory(from), blockstore)
    const out = join(await folder(), 'out')
    await writeFiles(exportFiles(root, blockstore), out)
    const runs = await Promise.all(
      modes.map(async ([path, bytes]) => {
        const [stats, content] = await Promise.all([stat(join(out, path)), readFile(join(out, path))])
        expect(content.equals(Buffer.alloc(bytes, bytes))).toBe(true)
        expect(stats.mode & 0o7000).toBe(0)
        return (stats.mode & 0o100) !== 0
      })
    )
    expect(runs).toEqual([true, true, false, false, true])
    expect((await importFiles(readDirectory(out), blockstore)).toString()).toBe(root.toString())
  })
})
