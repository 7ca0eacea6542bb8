import type { Address, UnixSec } from '@archipel/protocol'

/**
 * The newest sequences of providers that are not in the book any more. An offer of an hour that was replaced by one of a
 * minute is still good when that has expired: without this memory anybody could bring it back.
 */
export interface PastSequences {
  /** Until `untilSec` nothing up to `sequence` is news. */
  note(provider: Address, sequence: number, untilSec: UnixSec): void
  /** The newest sequence that is known to be past; -1 when nothing is. */
  of(provider: Address, nowSec: UnixSec): number
}

/** @param countMax providers remembered; who was noted longest ago is forgotten first */
export function createPastSequences(countMax: number): PastSequences {
  const notes = new Map<Address, { sequence: number; untilSec: UnixSec }>()
  return {
    note(provider, sequence, untilSec) {
      const before = notes.get(provider)
      notes.delete(provider)
      notes.set(provider, { sequence: Math.max(sequence, before?.sequence ?? -1), untilSec })
      if (notes.size > countMax) notes.delete(notes.keys().next().value as Address)
    },
    of(provider, nowSec) {
      const note = notes.get(provider)
      if (note === undefined) return -1
      if (note.untilSec > nowSec) return note.sequence
      notes.delete(provider)
      return -1
    }
  }
}
