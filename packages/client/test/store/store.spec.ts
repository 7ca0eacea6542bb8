import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createStore, KEY_CHARS_MAX, orderedKey, type Store, type StoreInit } from '../../src/store/index.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'archipel-store-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function open(init: StoreInit): Promise<Store> {
  const store = await createStore(init)
  onTestFinished(() => store.close())
  return store
}

async function entries<V>(source: AsyncIterable<[string, V]>): Promise<[string, V][]> {
  const list: [string, V][] = []
  for await (const entry of source) list.push(entry)
  return list
}

describe.each(['disk', 'memory'])('store on %s', kind => {
  const openOne = async () => open(kind === 'disk' ? { location: await folder() } : { memory: true })

  it('finds what was committed, and nothing else', async () => {
    const store = await openOne()
    const jobs = store.table<{ price: bigint; cid: Uint8Array }>('jobs')
    const job = { price: 10n ** 30n, cid: new Uint8Array([1, 2, 3]) }
    expect(await jobs.get('a')).toBeUndefined()
    await store.commit([jobs.put('a', job)])
    expect(await jobs.get('a')).toStrictEqual(job)
    expect(await store.table('other').get('a')).toBeUndefined()
    await store.commit([jobs.del('a'), jobs.del('never there')])
    expect(await jobs.get('a')).toBeUndefined()
  })

  it('takes a value as it is when the change is made', async () => {
    const store = await openOne()
    const table = store.table<{ n: number }>('t')
    const value = { n: 1 }
    const op = table.put('k', value)
    value.n = 2
    await store.commit([op])
    expect(await table.get('k')).toEqual({ n: 1 })
  })

  it('iterates one table in the order of its keys', async () => {
    const store = await openOne()
    const [a, ab, b] = ['a', 'ab', 'b'].map(name => store.table<number>(name))
    const keys = ['k1', 'k10', 'k2', 'é', '\u0000', 'z']
    await store.commit(keys.map((key, i) => a!.put(key, i)))
    await store.commit([ab!.put('k1', 100), b!.put('k1', 200)])
    expect((await entries(a!.iterate())).map(([key]) => key)).toEqual(['\u0000', 'k1', 'k10', 'k2', 'z', 'é'])
    expect((await entries(a!.iterate({ reverse: true, limit: 2 }))).map(([key]) => key)).toEqual(['é', 'z'])
    expect(await entries(a!.iterate({ gte: 'k1', lt: 'k2' }))).toEqual([
      ['k1', 0],
      ['k10', 1]
    ])
    expect(await entries(ab!.iterate())).toEqual([['k1', 100]])
  })

  it('iterates over more than is fetched at a time, and can be left early', async () => {
    const store = await openOne()
    const table = store.table<number>('t')
    await store.commit(Array.from({ length: 1_000 }, (_, i) => table.put(orderedKey(i), i)))
    expect((await entries(table.iterate())).map(([, value]) => value)).toEqual(
      Array.from({ length: 1_000 }, (_, i) => i)
    )
    for await (const [, value] of table.iterate()) if (value === 300) break
    await store.close()
  })

  it('applies commits of many callers in their order', async () => {
    const store = await openOne()
    const table = store.table<number>('t')
    await Promise.all(
      Array.from({ length: 16 }, async (_, caller) => {
        for (let i = 0; i < 50; i++)
          await store.commit([table.put(`c${caller}`, i), table.put('last', caller * 100 + i)])
      })
    )
    for (let caller = 0; caller < 16; caller++) expect(await table.get(`c${caller}`)).toBe(49)
  })

  it('refuses keys and names that would not be found again', async () => {
    const store = await openOne()
    const table = store.table('t')
    const bad = expect.objectContaining({ code: 'E_STORE_KEY' })
    expect(() => table.put('', 1)).toThrow(bad)
    expect(() => table.put('k'.repeat(KEY_CHARS_MAX + 1), 1)).toThrow(bad)
    expect(table.put('k'.repeat(KEY_CHARS_MAX), 1).type).toBe('put')
    for (const name of ['', 'T', 'a/b', 'store', 'x'.repeat(40)]) expect(() => store.table(name)).toThrow(bad)
  })

  it('does nothing more once it is closed', async () => {
    const store = await openOne()
    const table = store.table('t')
    const last = store.commit([table.put('a', 1)])
    await Promise.all([store.close(), store.close()])
    await last
    for (const late of [store.commit([table.put('b', 1)]), table.get('a'), entries(table.iterate())]) {
      await expect(late).rejects.toMatchObject({ code: 'E_STORE_CLOSED' })
    }
  })
})

describe('store on disk', () => {
  it('is there after a restart', async () => {
    const location = await folder()
    const first = await createStore({ location })
    await first.commit([first.table('t').put('k', { n: 5n })])
    await first.close()
    const second = await open({ location })
    expect(await second.table('t').get('k')).toEqual({ n: 5n })
  })

  it('is only opened by the version that wrote it', async () => {
    const location = await folder()
    await (await createStore({ location, schemaVersion: 3 })).close()
    await expect(createStore({ location, schemaVersion: 4 })).rejects.toMatchObject({
      code: 'E_STORE_VERSION',
      facts: { found: 3, expected: 4 }
    })
    await (await createStore({ location, schemaVersion: 3 })).close()
  })

  it('says when something else is in its place', async () => {
    const location = join(await folder(), 'file')
    await writeFile(location, 'not a folder')
    await expect(createStore({ location })).rejects.toMatchObject({ code: 'E_STORE_OPEN' })
  })

  it('belongs to one process at a time, and to the next when that one is killed', async () => {
    const location = await folder()
    const holder = startHelper('hold', location)
    await holder.said('open')
    await expect(createStore({ location })).rejects.toMatchObject({ code: 'E_STORE_LOCKED', facts: { location } })
    holder.process.kill('SIGKILL')
    await holder.exited
    await (await createStore({ location })).close()
  })

  it('keeps every commit that was acknowledged before the process was killed', async () => {
    const location = await folder()
    const writer = startHelper('count', location)
    await writer.said('500')
    writer.process.kill('SIGKILL')
    const lines = (await writer.exited).trim().split('\n')
    const acknowledged = Number(lines.at(-1))
    expect(acknowledged).toBeGreaterThanOrEqual(500)
    const store = await open({ location })
    const found = (await entries(store.table<number>('t').iterate())).map(([, value]) => value)
    expect(found.slice(0, acknowledged)).toEqual(Array.from({ length: acknowledged }, (_, i) => i + 1))
  })

  it('tells when the disk takes no more, and keeps what it had', async () => {
    const location = await folder()
    // The kernel refuses to let any file grow past 64 KiB: the log of the database meets that like a full disk.
    const helper = startHelper('fill', location, 'ulimit -f 64; trap "" XFSZ; exec "$0" "$@"')
    const lines = (await helper.exited).trim().split('\n')
    expect(lines.at(-1)).toBe('E_STORE')
    const kept = Number(lines.at(-2))
    expect(kept).toBeGreaterThan(0)
    const store = await open({ location })
    const found = await entries(store.table<{ i: number }>('t').iterate())
    expect(found.length).toBeGreaterThanOrEqual(kept)
    expect(found.map(([, { i }]) => i)).toEqual(found.map((_, i) => i + 1))
  })

  it('takes a thousand durable commits a second from 64 callers', async () => {
    const store = await open({ location: await folder() })
    const table = store.table<{ amount: bigint; receipt: Uint8Array }>('t')
    const value = { amount: 10n ** 20n, receipt: new Uint8Array(300) }
    const commits = 4_000
    let next = 0
    const startMs = performance.now()
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        while (next < commits) await store.commit([table.put(String(next++), value)])
      })
    )
    expect(commits / ((performance.now() - startMs) / 1_000)).toBeGreaterThan(1_000)
  })
})

describe('ordered keys', () => {
  it('sort as their numbers', () => {
    const numbers = [0, 1, 9, 10, 255, 256, 2 ** 32, 2n ** 53n, 2n ** 64n - 1n]
    expect(numbers.map(orderedKey).toSorted()).toEqual(numbers.map(orderedKey))
    for (const bad of [-1, 2n ** 64n])
      expect(() => orderedKey(bad)).toThrow(expect.objectContaining({ code: 'E_STORE_KEY' }))
  })
})

/** Runs store-helper.ts in a process of its own, through a shell when something must be set first. */
function startHelper(task: string, location: string, shell?: string) {
  const file = fileURLToPath(new URL('store-helper.ts', import.meta.url))
  const argv = [process.execPath, file, task, location]
  const child: ChildProcess =
    shell === undefined ? spawn(argv[0]!, argv.slice(1)) : spawn('bash', ['-c', shell, ...argv])
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const { promise: exited, resolve } = Promise.withResolvers<string>()
  child.on('close', () => resolve(output))
  const waiters = new Set<() => void>()
  child.stdout!.on('data', data => {
    output += data
    for (const wake of waiters) wake()
  })
  return {
    process: child,
    exited,
    async said(line: string): Promise<void> {
      while (!output.split('\n').includes(line)) {
        const { promise, resolve: wake } = Promise.withResolvers<void>()
        waiters.add(wake)
        await Promise.race([
          promise,
          exited.then(all => Promise.reject(new Error(`the helper ended without saying ${line}: ${all}`)))
        ])
      }
    }
  }
}
