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

export function createOpenBids(nowSec: () => UnixSec): OpenBids {
  const bids = new Map<Hash, OpenBid>()
  const counts = new Map<Address, number>()

  function remove({ demandHash, buyer }: OpenBid): void {
    if (!bids.delete(demandHash)) return
    const left = (counts.get(buyer) ?? 1) - 1
    if (left > 0) counts.set(buyer, left)
    else counts.delete(buyer)
  }

  return {
    add(entry) {
      const known = bids.get(entry.demandHash)
      if (known !== undefined) remove(known)
      // Oldest first: bids expire in the order they were made.
      for (const oldest of bids.values()) {
        if (oldest.bid.body.expiresAt > nowSec() && bids.size < OPEN_BIDS_MAX) break
        remove(oldest)
      }
      if ((counts.get(entry.buyer) ?? 0) >= OPEN_BIDS_PER_BUYER_MAX) {
        const oldest = [...bids.values()].find(({ buyer }) => buyer === entry.buyer)
        if (oldest !== undefined) remove(oldest)
      }
      bids.set(entry.demandHash, entry)
      counts.set(entry.buyer, (counts.get(entry.buyer) ?? 0) + 1)
    },
    find(demandHash) {
      const entry = bids.get(demandHash)
      return entry !== undefined && entry.bid.body.expiresAt > nowSec() ? entry : undefined
    },
    take(demandHash) {
      const entry = bids.get(demandHash)
      if (entry !== undefined) remove(entry)
    }
  }
}
