import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createStore, type Store } from '@archipel/client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type OwnBooks, openOwnBooks, readBooks } from '../../src/books/open-books.ts'
import { PAGE_BYTES, PAGE_ENTRIES_MAX } from '../../src/books/wire.ts'
import { clientFiles, networkFolder } from '../../src/config/folders.ts'
import { temporaryFolder } from '../config/temporary-folder.ts'

const never = new AbortController().signal

function setUp() {
  const folder = networkFolder(temporaryFolder())
  const waits: (number | undefined)[] = []
  const open = async (signal = never): Promise<OwnBooks> => {
    const books = await openOwnBooks({ folder, signal, onWait: pid => waits.push(pid) })
    onTestFinished(() => books.release())
    return books
  }
  return { folder, waits, open }
}

interface Row {
  readonly n: number
  readonly amount: bigint
  readonly bytes: Uint8Array
}

const rowOf = (n: number, length = 1): Row => ({ n, amount: 10n ** 30n + BigInt(n), bytes: new Uint8Array(length) })
const keyOf = (n: number): string => String(n).padStart(6, '0')

async function fill(store: Store, count: number, length?: number): Promise<void> {
  const table = store.table<Row>('rows')
  await store.commit(Array.from({ length: count }, (_, n) => table.put(keyOf(n), rowOf(n, length))))
}

const numbers = async (store: Store, range?: Parameters<ReturnType<Store['table']>['iterate']>[0]): Promise<number[]> =>
  Array.fromAsync(store.table<Row>('rows').iterate(range), ([, { n }]) => n)

describe('books of a process at work', () => {
  test('are read by others as if they were on disk', async () => {
    const { folder, open } = setUp()
    const { store } = await open()
    const count = 2 * PAGE_ENTRIES_MAX + 7
    await fill(store, count)
    await readBooks(folder, never, async remote => {
      expect(await remote.table<Row>('rows').get(keyOf(3))).toEqual(rowOf(3))
      expect(await remote.table('rows').get('none')).toBeUndefined()
      expect(await remote.table('other').get(keyOf(3))).toBeUndefined()
      for (const range of [
        undefined,
        { reverse: true },
        { gte: keyOf(5), lt: keyOf(200) },
        { gte: keyOf(5), lt: keyOf(200), reverse: true },
        { limit: PAGE_ENTRIES_MAX },
        { limit: PAGE_ENTRIES_MAX + 1, reverse: true },
        { limit: 0 }
      ]) {
        expect(await numbers(remote, range)).toEqual(await numbers(store, range))
      }
    })
  })

  test('are read value by value where values are large, many at once', async () => {
    const { folder, open } = setUp()
    const { store } = await open()
    await fill(store, 40, PAGE_BYTES / 8)
    await readBooks(folder, never, async remote => {
      const lists = await Promise.all(Array.from({ length: 10 }, () => numbers(remote)))
      for (const list of lists) expect(list).toHaveLength(40)
      const values = await Promise.all(Array.from({ length: 40 }, (_, n) => remote.table<Row>('rows').get(keyOf(n))))
      expect(values.map(value => value?.bytes.length)).toEqual(Array(40).fill(PAGE_BYTES / 8))
    })
  })

  test('cannot be changed by others', async () => {
    const { folder, open } = setUp()
    await open()
    await readBooks(folder, never, async remote => {
      expect(() => remote.table('rows').put('a', 1)).toThrow('only read')
      expect(() => remote.table('rows').del('a')).toThrow('only read')
      await expect(remote.commit([])).rejects.toThrow('only read')
    })
  })

  test('belong to one at a time: the next waits until they are free', async () => {
    const { waits, open } = setUp()
    const first = await open()
    await fill(first.store, 1)
    let isSecond = false
    const second = open().then(books => {
      isSecond = true
      return books
    })
    await expect.poll(() => waits).toEqual([process.pid])
    expect(isSecond).toBe(false)
    await first.release()
    expect(await numbers((await second).store)).toEqual([0])
    expect(waits).toHaveLength(1)
  })

  test('are not waited for longer than one wants', async () => {
    const { waits, open } = setUp()
    await open()
    const over = new AbortController()
    const second = open(over.signal)
    await expect.poll(() => waits).toHaveLength(1)
    over.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
  })

  test('are read from disk once it has ended, also when that happens half-way', async () => {
    const { folder, open } = setUp()
    const books = await open()
    await fill(books.store, PAGE_ENTRIES_MAX + 1)
    let attempts = 0
    const found = await readBooks(folder, never, async store => {
      attempts++
      const seen: number[] = []
      for await (const [, { n }] of store.table<Row>('rows').iterate()) {
        if (attempts === 1 && n === 0) await books.release()
        seen.push(n)
      }
      return seen
    })
    expect(attempts).toBe(2)
    expect(found).toHaveLength(PAGE_ENTRIES_MAX + 1)
  })
})

describe('books nobody works with', () => {
  test('are read from disk, by many at once', async () => {
    const { folder, open } = setUp()
    const books = await open()
    await fill(books.store, 3)
    await books.release()
    const all = await Promise.all(Array.from({ length: 5 }, () => readBooks(folder, never, store => numbers(store))))
    expect(all).toEqual(Array(5).fill([0, 1, 2]))
  })

  test('are empty where there are none, and looking leaves nothing behind', async () => {
    const { folder } = setUp()
    expect(await readBooks(folder, never, store => numbers(store))).toEqual([])
    expect(existsSync(folder.buyer)).toBe(false)
  })

  test('in use by a stranger are not read', { timeout: 20_000 }, async () => {
    const { folder, open } = setUp()
    await (await open()).release()
    const stranger = await createStore({ location: clientFiles(folder).store })
    onTestFinished(() => stranger.close())
    await expect(readBooks(folder, never, async () => 0)).rejects.toMatchObject({ code: 'E_STORE_LOCKED' })
    await expect(open()).rejects.toMatchObject({ code: 'E_STORE_LOCKED' })
    // Who gave up holds nothing.
    expect(existsSync(join(folder.buyer, 'lock'))).toBe(false)
  })
})
