import type { Offer } from '@archipel/protocol'
import { LEAST, MOST, type OfferFilter } from './filter.ts'

/**
 * The numbers of all offers, side by side. Looking at an offer itself means following pointers all over the memory; most of
 * those that a query looks at are left out by a look at one of these.
 */
export interface Columns {
  set(row: number, offer: Offer): void
  /** A test by which no row fails that matches; some pass that do not, as prices are rounded here. */
  test(filter: OfferFilter): (row: number) => boolean
}

export function createColumns(): Columns {
  let rows = 1_024
  const least = LEAST.map(() => new Float64Array(rows))
  const most = MOST.map(() => new Float64Array(rows))

  function grow(): void {
    rows *= 2
    for (const columns of [least, most]) {
      for (const [i, column] of columns.entries()) {
        columns[i] = new Float64Array(rows)
        columns[i].set(column)
      }
    }
  }

  return {
    set(row, { resources, prices }) {
      if (row >= rows) grow()
      for (const [i, key] of LEAST.entries()) (least[i] as Float64Array)[row] = resources[key]
      for (const [i, key] of MOST.entries()) (most[i] as Float64Array)[row] = Number(prices[key])
    },
    test(filter) {
      const wanted = [
        ...LEAST.flatMap((key, i) => bound(least[i], filter[key], 1)),
        ...MOST.flatMap((key, i) => bound(most[i], filter[key], -1))
      ]
      return row => wanted.every(({ column, from, sign }) => sign * (column[row] as number) >= from)
    }
  }
}

function bound(column: Float64Array | undefined, value: number | bigint | undefined, sign: 1 | -1) {
  return column === undefined || value === undefined ? [] : [{ column, from: sign * Number(value), sign }]
}
