import type { Address, Hash, SignedBid, SignedDemand, UnixSec } from '@archipel/protocol'

/** Demands answered and not yet accepted: forgotten once their Bid expires, bounded for each buyer and in all. */
export interface OpenBids {
  add(entry: OpenBid): void
  find(demandHash: Hash): OpenBid | undefined
  take(demandHash: Hash): void
}

export interface OpenBid {
  readonly buyer: Address
  readonly demandHash: Hash
  readonly demand: SignedDemand
  readonly bidHash: Hash
  readonly bid: SignedBid
}

/** A buyer's jobs in negotiation at once. */
export const OPEN_BIDS_PER_BUYER_MAX = 512
export const OPEN_BIDS_MAX = 16_384
/** What they take in memory: arguments and environment make the largest Demand a hundred times the usual one. */
export const OPEN_BID_BYTES_PER_BUYER_MAX = 8 * 2 ** 20
export const OPEN_BID_BYTES_MAX = 128 * 2 ** 20

interface Held {
  readonly entry: OpenBid
  readonly bytes: number
}

interface Share {
  count: number
  bytes: number
}

export function createOpenBids(nowSec: () => UnixSec): OpenBids {
  const bids = new Map<Hash, Held>()
  const shares = new Map<Address, Share>()
  let totalBytes = 0

  function remove({ entry, bytes }: Held): void {
    if (!bids.delete(entry.demandHash)) return
    totalBytes -= bytes
    const share = shares.get(entry.buyer)
    if (share === undefined) return
    share.count--
    share.bytes -= bytes
    if (share.count === 0) shares.delete(entry.buyer)
  }

  /** Oldest first: bids expire in the order they were made. */
  function makeRoom(buyer: Address, bytes: number): void {
    for (const held of bids.values()) {
      const fits = bids.size < OPEN_BIDS_MAX && totalBytes + bytes <= OPEN_BID_BYTES_MAX
      if (fits && held.entry.bid.body.expiresAt > nowSec()) break
      remove(held)
    }
    if (fitsShare(buyer, bytes)) return
    for (const held of bids.values()) {
      if (held.entry.buyer === buyer) remove(held)
      if (fitsShare(buyer, bytes)) return
    }
  }

  function fitsShare(buyer: Address, bytes: number): boolean {
    const share = shares.get(buyer)
    if (share === undefined) return true
    return share.count < OPEN_BIDS_PER_BUYER_MAX && share.bytes + bytes <= OPEN_BID_BYTES_PER_BUYER_MAX
  }

  return {
    add(entry) {
      const known = bids.get(entry.demandHash)
      if (known !== undefined) remove(known)
      const bytes = bytesOf(entry.demand)
      makeRoom(entry.buyer, bytes)
      bids.set(entry.demandHash, { entry, bytes })
      totalBytes += bytes
      const share = shares.get(entry.buyer) ?? { count: 0, bytes: 0 }
      share.count++
      share.bytes += bytes
      shares.set(entry.buyer, share)
    },
    find(demandHash) {
      const entry = bids.get(demandHash)?.entry
      return entry !== undefined && entry.bid.body.expiresAt > nowSec() ? entry : undefined
    },
    take(demandHash) {
      const held = bids.get(demandHash)
      if (held !== undefined) remove(held)
    }
  }
}

/** Everything of fixed size in a Demand and its Bid, and what a text costs beside its letters. */
const FIXED_BYTES = 2048
const TEXT_BYTES = 32

/** About what a Demand takes in memory. */
function bytesOf({ body: { workload } }: SignedDemand): number {
  const texts = [...workload.args, ...workload.env]
  // Two bytes a letter, once a text holds a single one beyond Latin-1.
  const letters = texts.reduce((sum, text) => sum + TEXT_BYTES + 2 * text.length, 0)
  return FIXED_BYTES + letters + workload.program.length + workload.input.length
}
