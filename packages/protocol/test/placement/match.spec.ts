import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Candidate, cheapestApart } from '../../src/placement/match.ts'
import { check } from '../helpers/check.ts'

type Item = Candidate<number>

const candidates: fc.Arbitrary<Item[]> = fc
  .array(fc.record({ operator: fc.nat(4), domain: fc.nat(4), price: fc.nat(12) }), { maxLength: 9 })
  .map(list =>
    list
      .map(({ operator, domain, price }, item) => ({
        operator: `operator ${operator}`,
        domain: `domain ${domain}`,
        price: BigInt(price),
        item
      }))
      .sort((a, b) => Number(a.price - b.price))
  )

const total = (list: readonly Item[]) => list.reduce((sum, { price }) => sum + price, 0n)

function areApart(list: readonly Item[]): boolean {
  const keys = list.flatMap(({ operator, domain }) => [operator, domain])
  return new Set(keys).size === keys.length
}

/** Every subset, looked at one by one: the largest that is apart and no larger than `count`, cheapest first. */
function bruteForce(list: readonly Item[], count: number): { size: number; cost: bigint } {
  let best = { size: 0, cost: 0n }
  for (let bits = 0; bits < 2 ** list.length; bits++) {
    const subset = list.filter((_, i) => (bits >> i) % 2 === 1)
    if (subset.length > count || !areApart(subset)) continue
    const cost = total(subset)
    if (subset.length > best.size || (subset.length === best.size && cost < best.cost))
      best = { size: subset.length, cost }
  }
  return best
}

it('finds as many as there are, as cheaply as can be', () => {
  check(
    fc.property(candidates, fc.integer({ min: 1, max: 5 }), (list, count) => {
      const chosen = cheapestApart(list, count)
      expect(areApart(chosen)).toBe(true)
      expect({ size: chosen.length, cost: total(chosen) }).toEqual(bruteForce(list, count))
      for (const candidate of chosen) expect(list).toContain(candidate)
    }),
    500
  )
})

it('gives the cheapest first', () => {
  check(
    fc.property(candidates, list => {
      const prices = cheapestApart(list, 5).map(({ price }) => price)
      expect(prices).toEqual([...prices].sort((a, b) => Number(a - b)))
    })
  )
})

describe('examples', () => {
  const of = (operator: string, domain: string, price: bigint): Item => ({
    operator,
    domain,
    price,
    item: Number(price)
  })

  it('moves the cheapest aside where it would be in the way of another', () => {
    const list = [of('x', 'north', 1n), of('y', 'north', 2n), of('x', 'south', 3n)]
    expect(cheapestApart(list, 1)).toEqual([list[0]])
    expect(cheapestApart(list, 2)).toEqual([list[1], list[2]])
    expect(cheapestApart(list, 3).length).toBe(2)
  })

  it('does not mistake names for each other', () => {
    const list = [of('a', 'b,c', 1n), of('a,b', 'c', 2n), of('operator', 'a', 3n), of('a', 'operator', 4n)]
    expect(cheapestApart(list, 4).map(({ item }) => item)).toEqual([1, 2, 3])
  })

  it('finds nothing among nothing', () => {
    expect(cheapestApart([], 3)).toEqual([])
    expect(cheapestApart([of('x', 'north', 1n)], 0)).toEqual([])
  })
})

it('takes 5,000 offers for 32 replicas in its stride', () => {
  const list = Array.from({ length: 5000 }, (_, i) => ({
    operator: `operator ${(i * 7919) % 1009}`,
    domain: `domain ${(i * 104_729) % 211}`,
    price: BigInt(i),
    item: i
  }))
  const startedMs = performance.now()
  expect(cheapestApart(list, 32).length).toBe(32)
  expect(performance.now() - startedMs).toBeLessThan(2000)
})
