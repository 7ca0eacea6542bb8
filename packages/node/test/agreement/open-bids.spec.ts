import type { Address, Hash } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import {
  createOpenBids,
  OPEN_BID_BYTES_MAX,
  OPEN_BID_BYTES_PER_BUYER_MAX,
  OPEN_BIDS_PER_BUYER_MAX,
  type OpenBid
} from '../../src/agreement/open-bids.ts'
import { address } from './world.ts'

const LETTERS = 31 * 1024

function bid(buyer: Address, n: number, letters = 0): OpenBid {
  const workload = { args: ['x'.repeat(letters)], env: [], program: new Uint8Array(36), input: new Uint8Array(0) }
  const demandHash = `0x${n}` as Hash
  return {
    buyer,
    demandHash,
    bidHash: demandHash,
    demand: { body: { workload } },
    bid: { body: { expiresAt: 100 } }
  } as unknown as OpenBid
}

const known = (bids: ReturnType<typeof createOpenBids>, count: number) =>
  Array.from({ length: count }, (_, n) => n).filter(n => bids.find(`0x${n}` as Hash) !== undefined)

describe('open bids', () => {
  it('of one buyer are as many as it may have, the newest', () => {
    const bids = createOpenBids(() => 1)
    bids.add(bid(address('b'), 9999))
    for (let n = 0; n <= OPEN_BIDS_PER_BUYER_MAX; n++) bids.add(bid(address('a'), n))
    expect(known(bids, 9999)).toHaveLength(OPEN_BIDS_PER_BUYER_MAX)
    expect(bids.find('0x0' as Hash)).toBeUndefined()
    expect(bids.find('0x9999' as Hash)).toBeDefined()
  })

  it('of one buyer are no larger together than it may have, and push out nobody else’s', () => {
    const bids = createOpenBids(() => 1)
    bids.add(bid(address('b'), 9999))
    for (let n = 0; n < OPEN_BIDS_PER_BUYER_MAX; n++) bids.add(bid(address('a'), n, LETTERS))
    const left = known(bids, OPEN_BIDS_PER_BUYER_MAX)
    expect(left.length).toBe(Math.floor(OPEN_BID_BYTES_PER_BUYER_MAX / (2048 + 32 + 2 * LETTERS + 36)))
    expect(left.at(-1)).toBe(OPEN_BIDS_PER_BUYER_MAX - 1)
    expect(bids.find('0x9999' as Hash)).toBeDefined()
  })

  it('are bounded in bytes over all buyers, oldest first', () => {
    const bids = createOpenBids(() => 1)
    const each = 2048 + 32 + 2 * LETTERS + 36
    const count = Math.floor(OPEN_BID_BYTES_MAX / each) + 10
    for (let n = 0; n < count; n++) {
      bids.add(bid(`0x${(n % 100).toString().padStart(40, '0')}` as Address, n, LETTERS))
    }
    expect(known(bids, count)).toEqual(Array.from({ length: count - 10 }, (_, n) => n + 10))
  })

  it('are forgotten when they expire or are taken', () => {
    let now = 1
    const bids = createOpenBids(() => now)
    bids.add(bid(address('a'), 1))
    bids.add(bid(address('a'), 2))
    bids.take('0x1' as Hash)
    expect(known(bids, 3)).toEqual([2])
    now = 100
    expect(known(bids, 3)).toEqual([])
  })
})
