import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBook } from '../../../src/market/book/book.ts'
import { filterFromWire, filterToWire, matchesFilter, type OfferFilter } from '../../../src/market/book/filter.ts'
import { FILTER_REGIONS_MAX } from '../../../src/market/limits.ts'
import { domain, NOW, TOKEN } from '../../job/host.ts'
import { bytesOf, offerOf, recoverCheap } from '../offers.ts'

const REGIONS = ['eu-west', 'us-east', 'ap-south']
const price = fc.bigInt({ min: 0n, max: 1_000n })
const size = fc.integer({ min: 1, max: 10_000 })

const offer = fc.record({
  runtimes: fc.subarray(['wasm', 'oci', 'vm']),
  region: fc.constantFrom(...REGIONS),
  resources: fc.record({ cpuMillis: size, memoryBytes: size, diskBytes: size }),
  prices: fc.record({ startup: price, cpuSec: price, memGiBSec: price, terafuel: price })
})
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })
const filter: fc.Arbitrary<OfferFilter> = fc.record({
  runtime: maybe(fc.constantFrom('wasm', 'oci', 'nothing')),
  regions: maybe(fc.subarray([...REGIONS, 'nowhere'])),
  cpuMillis: maybe(size),
  memoryBytes: maybe(size),
  diskBytes: maybe(size),
  startup: maybe(price),
  cpuSec: maybe(price),
  memGiBSec: maybe(price),
  terafuel: maybe(price)
})

describe('a query', () => {
  it('finds what a walk over all offers finds, whatever came and went before', () => {
    fc.assert(
      fc.property(
        fc.array(offer, { maxLength: 40 }),
        fc.array(fc.nat(40)),
        fc.array(filter),
        (offers, again, filters) => {
          const clock = { now: NOW }
          const book = createBook({ domain, recover: recoverCheap, token: TOKEN, nowSec: () => clock.now })
          const add = (n: number, sequence: number) => {
            const { region, ...rest } = offers[n]!
            const domains = { site: 's', network: 'n', region, grid: 'g' }
            const expiresAt = NOW + (n % 3 === 0 ? 5 : 600)
            book.add(bytesOf(offerOf(n, { ...rest, domains, sequence, expiresAt })))
          }
          offers.forEach((_, n) => {
            add(n, 1)
          })
          // Some change what they offer; some expire.
          for (const [i, n] of again.entries()) if (n < offers.length) add(n, 2 + i)
          clock.now = NOW + 5
          const all = book.offers()
          for (const wanted of filters) {
            const found = new Set(book.offers(wanted))
            expect(found).toEqual(new Set(all.filter(one => matchesFilter(one.offer.body, wanted))))
            expect(book.offers(wanted)).toHaveLength(found.size)
          }
        }
      ),
      { numRuns: 60 }
    )
  })

  it('travels as it was', () => {
    fc.assert(
      fc.property(filter, wanted => {
        const plain = Object.fromEntries(Object.entries(filterFromWire(filterToWire(wanted))))
        expect(matchesFilter(offerOf(1).body, plain)).toBe(matchesFilter(offerOf(1).body, wanted))
        expect(filterToWire(plain)).toEqual(filterToWire(wanted))
      })
    )
  })

  it(`names at most ${FILTER_REGIONS_MAX} regions, each once`, () => {
    const regions = Array.from({ length: FILTER_REGIONS_MAX + 1 }, (_, i) => `r${i}`)
    const wire = (names: string[]) => ({ ...(filterToWire({}) as object), regions: names })
    expect(filterFromWire(wire(regions.slice(1))).regions).toHaveLength(FILTER_REGIONS_MAX)
    expect(() => filterFromWire(wire(regions))).toThrow()
    expect(() => filterFromWire(wire(['a', 'a']))).toThrow()
  })
})

describe('a book of many', () => {
  it('keeps its rows apart when they are used again, beyond the first thousand', () => {
    const book = createBook({ domain, recover: recoverCheap, token: TOKEN, nowSec: () => NOW })
    const sized = (n: number, sequence: number) =>
      book.add(bytesOf(offerOf(n, { sequence, resources: { cpuMillis: n + 1, memoryBytes: sequence, diskBytes: 1 } })))
    for (let n = 0; n < 1_100; n++) sized(n, 1)
    for (let n = 0; n < 1_100; n += 7) sized(n, 2)
    const found = (filter: OfferFilter) =>
      book.offers(filter).map(({ offer: { body } }) => body.resources.cpuMillis - 1)
    expect(found({ cpuMillis: 1_091 }).toSorted()).toEqual(Array.from({ length: 10 }, (_, i) => 1_090 + i))
    expect(found({ memoryBytes: 2 })).toHaveLength(158)
    expect(found({ memoryBytes: 2 }).every(n => n % 7 === 0)).toBe(true)
  })
})
