import { createStore } from '@archipel/client'
import { describe, expect, it } from 'vitest'
import { createChannelBooks, WAITING_MAX } from '../../src/payment/channel-books.ts'
import { createProviderRecords } from '../../src/store/records.ts'
import { CLOSE_AT, record } from '../redeem/world.ts'
import { createBreakableStore } from '../store/breakable-store.ts'

const drained = { deposit: 10n, settled: 10n, cumulative: 10n, dueSince: 0 }

async function createBooks(init: { channelsMax?: number; isPromised?: boolean } = {}) {
  const store = await createStore({ memory: true })
  const records = createProviderRecords(store)
  const isPromised = () => init.isPromised === true
  return { records, books: createChannelBooks({ records, isPromised, channelsMax: init.channelsMax }) }
}

describe('the books of channels', () => {
  it('make room by letting go of one that is drained, and refuse where each is good for something', async () => {
    const { books, records } = await createBooks({ channelsMax: 2 })
    await books.save(record(1), undefined)
    books.makeRoom()
    await books.save(record(2, drained), undefined)
    books.makeRoom()
    expect(books.size).toBe(1)
    await books.save(record(3), undefined)
    expect(() => books.makeRoom()).toThrowError(expect.objectContaining({ code: 'E_BUSY' }))
    // What was let go of is on disk, and counts.
    expect(await books.find(record(2).id)).toMatchObject({ settled: 10n })
    expect(await Array.fromAsync(records.channels.iterate())).toHaveLength(3)
    expect(books.totals()).toMatchObject([{ vouchered: 30n, redeemed: 10n }])
  })

  it('keep a drained one that money is promised of', async () => {
    const { books } = await createBooks({ channelsMax: 1, isPromised: true })
    await books.save(record(1, drained), undefined)
    expect(() => books.makeRoom()).toThrowError(expect.objectContaining({ code: 'E_BUSY' }))
  })

  it('take some more for vouchers that are to be redeemed, and not one above that', async () => {
    const { books } = await createBooks({ channelsMax: 0 })
    for (let n = 0; n < WAITING_MAX; n++) books.set(record(n), undefined)
    expect(() => books.set(record(WAITING_MAX), undefined)).toThrowError(expect.objectContaining({ code: 'E_BUSY' }))
    // One that is there already changes as before.
    books.set(record(0, { closeAt: CLOSE_AT }), record(0))
  })

  it('count the same after a restart', async () => {
    const { books, records } = await createBooks()
    await books.save(record(1, drained), undefined)
    await books.save(record(2, { settled: 4n }), undefined)
    await books.save(record(2, { settled: 6n }), record(2, { settled: 4n }))
    const again = createChannelBooks({ records, isPromised: () => false })
    await again.start()
    expect(again.size).toBe(1)
    expect(again.totals()).toEqual(books.totals())
    expect(again.totals()).toMatchObject([{ vouchered: 20n, redeemed: 16n }])
  })

  it('count nothing that the disk refused', async () => {
    const store = await createBreakableStore()
    const records = createProviderRecords(store)
    const books = createChannelBooks({ records, isPromised: () => false })
    await books.save(record(1), undefined)
    store.isBroken = true
    await expect(books.save(record(1, { cumulative: 90n }), record(1))).rejects.toMatchObject({ code: 'E_STORE' })
    await expect(books.save(record(2), undefined)).rejects.toMatchObject({ code: 'E_STORE' })
    expect(books.totals()).toMatchObject([{ vouchered: 10n, redeemed: 0n }])
    expect([...books.values()]).toMatchObject([{ cumulative: 10n }])
  })
})
