import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../../src/executor/index.ts'
import { createKeptPrograms } from '../../../../src/executor/wasm/programs/kept-programs.ts'
import { run, text } from '../../jobs.ts'
import { print } from '../../programs.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'archipel-kept-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const bytesOf = (...values: number[]) => Uint8Array.from(values)
const keep = (init: { version?: string; filesMax?: number; bytesMax?: number } = {}) =>
  createKeptPrograms({ directory: join(directory, 'kept'), version: '1', filesMax: 10, bytesMax: 1000, ...init })
const files = async () => (await readdir(join(directory, 'kept'))).sort()

/** Makes a file older than all others. */
async function age(path: string, seconds: number) {
  const then = Date.now() / 1000 - seconds
  await utimes(path, then, then)
}

describe('kept programs', () => {
  it('gives what was put, also to another process', async () => {
    const kept = keep()
    expect(await kept.get('a')).toBeUndefined()
    await kept.put('a', bytesOf(1, 2, 3))
    await kept.put('b', bytesOf())
    expect(await kept.get('a')).toEqual(Buffer.from([1, 2, 3]))
    expect(await keep().get('b')).toEqual(Buffer.from([]))
  })

  it('keeps to its bounds, without what was not used for longest', async () => {
    const kept = keep({ filesMax: 2 })
    await kept.put('a', bytesOf(1))
    await age(join(directory, 'kept', (await files())[0]!), 100)
    await kept.put('b', bytesOf(2))
    expect(await kept.get('a')).toBeDefined()
    for (const name of await files())
      if ((await readFile(join(directory, 'kept', name))).at(-1) === 2) await age(join(directory, 'kept', name), 50)
    await kept.put('c', bytesOf(3))
    expect([await kept.get('a'), await kept.get('b'), await kept.get('c')].map(found => found !== undefined)).toEqual([
      true,
      false,
      true
    ])
    const small = keep({ bytesMax: 100 })
    await small.put('large', new Uint8Array(500))
    expect(await files()).toHaveLength(1)
  })

  it('gives nothing whose content has changed, and removes it', async () => {
    const kept = keep()
    await kept.put('a', bytesOf(1, 2, 3))
    const path = join(directory, 'kept', (await files())[0]!)
    const content = await readFile(path)
    for (const bad of [content.subarray(0, 20), content.subarray(0, -1), Buffer.concat([content, Buffer.from('x')])]) {
      await writeFile(path, bad)
      expect(await kept.get('a')).toBeUndefined()
      expect(await files()).toEqual([])
    }
  })

  it('removes what another version left', async () => {
    await keep({ version: '1' }).put('a', bytesOf(1))
    const next = keep({ version: '2' })
    expect(await next.get('a')).toBeUndefined()
    await next.put('a', bytesOf(2))
    expect(await files()).toHaveLength(1)
  })

  it('does without a disk that it cannot write', async () => {
    await writeFile(join(directory, 'kept'), 'a file in its place')
    const kept = keep()
    await kept.put('a', bytesOf(1))
    expect(await kept.get('a')).toBeUndefined()
  })
})

describe('an executor', () => {
  it('makes a program ready once, for all tenants and over restarts', async () => {
    const program = print('hello')
    let loads = 0
    async function jobs(keptDirectory: string, tenants: string[]) {
      const executor = createWasmExecutor({ keptDirectory, processesMax: 4 })
      await executor.start()
      const job = { program, limits: { fuel: 100_000 }, onLoad: () => loads++ }
      const results = await Promise.all(tenants.map(tenant => run(executor, { ...job, tenant })))
      await executor.stop()
      return results.map(({ stdout, usage }) => `${text(stdout)} ${usage.fuel}`)
    }
    const first = await jobs(join(directory, 'kept'), ['alice', 'bob', 'carol'])
    expect(new Set(first).size).toBe(1)
    expect(loads).toBe(1)
    expect(await jobs(join(directory, 'kept'), ['dave'])).toEqual([first[0]])
    expect(loads).toBe(1)
    for (const name of await files()) await writeFile(join(directory, 'kept', name), 'something else')
    expect(await jobs(join(directory, 'kept'), ['erin'])).toEqual([first[0]])
    expect(loads).toBe(2)
  })

  it('goes on to the next when the job that waits for a program is called off', async () => {
    const executor = createWasmExecutor()
    await executor.start()
    const stop = new AbortController()
    const program = print('hello')
    const first = run(executor, { program, limits: { fuel: 100_000 }, onLoad: () => stop.abort() }, stop.signal)
    const second = run(executor, { program, limits: { fuel: 100_000 }, tenant: 'bob' })
    await expect(first).rejects.toMatchObject({ code: 'E_CANCELLED' })
    expect(text((await second).stdout)).toBe('hello')
    await executor.stop()
  })
})
