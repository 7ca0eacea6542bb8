import { expect, it } from 'vitest'
import { isNewerOffer } from '../../src/index.ts'
import { NOW, offerOf } from '../helpers/market.ts'

const known = offerOf({ sequence: 5 }).body

it('takes the first offer of a provider', () => {
  expect(isNewerOffer(known, undefined)).toBe(true)
})

it.each([
  [4, false],
  [5, false],
  [6, true]
])('sequence %s after 5: %s', (sequence, newer) => {
  expect(isNewerOffer(offerOf({ sequence }).body, known)).toBe(newer)
})

it('lets a newer sequence win even if it expires earlier', () => {
  expect(isNewerOffer(offerOf({ sequence: 6, expiresAt: NOW + 1 }).body, known)).toBe(true)
})
