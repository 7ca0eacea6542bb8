import {
  CodedError,
  isCodedError,
  type SignedOffer,
  type Verdict,
  type VerifiedOffer,
  verdictOf
} from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import { createKeyedBuckets, type KeyedBuckets } from '../../net/index.ts'
import type { Book } from '../book/book.ts'
import {
  OFFER_PACE_BURST,
  OFFER_PACE_PER_SEC,
  PACED_KEYS_MAX,
  PEERS_COUNTED_MAX,
  STRANGER_COST,
  VERIFY_TURN_MS
} from '../limits.ts'
import { shardOf } from '../shards.ts'
import type { TakeOffers } from '../sync/fetch-book.ts'
import type { Backing, BondedKeys } from './bonded-keys.ts'

/**
 * Decides which offers of strangers enter the book and are passed on. In this order, so that nothing costs us more than it
 * cost its sender: size and form, whether it is news, whether its key is known to have no bond, how often its key offers,
 * the signature, and last the chain.
 *
 * What an honest neighbour may have accepted is never `reject`: its clock, its view of the chain and its book differ from
 * ours. What is of no use is counted against the neighbour it came through instead.
 */
export interface Admission {
  /** For gossip. `shard` is that of the topic. */
  judge(data: Uint8Array, from: PeerId, shard: number): Verdict | Promise<Verdict>
  /** For books of others: many offers at once, as fast as they can be checked. */
  readonly take: TakeOffers
}

export interface AdmissionInit {
  book: Book
  /** Undefined where the network has no bonds, or does without: every key may offer. */
  bonded: BondedKeys | undefined
  shards: number
  /** Counts against a neighbour that it passed on something of no use. */
  blame: (peer: PeerId, cost: number) => void
  /** Monotonic; for tests. */
  nowMs?: (() => number) | undefined
}

/** What is of no use and says nothing about who passed it on: faults and bounds of our own. */
const HARMLESS = new Set(['E_BACKING_UNKNOWN', 'E_OFFER_OTHER_TOKEN'])

export function createAdmission({ book, bonded, shards, blame, nowMs }: AdmissionInit): Admission {
  const pace = createKeyedBuckets({
    capacity: OFFER_PACE_BURST,
    perSec: OFFER_PACE_PER_SEC,
    keysMax: PACED_KEYS_MAX,
    nowMs
  })
  const tallies = createTallies(nowMs)

  function checkShard({ body }: SignedOffer, shard: number): void {
    if (shardOf(body.domains.region, shards) === shard) return
    throw new CodedError('E_OFFER_WRONG_SHARD', 'this offer belongs on another topic', {
      facts: { region: body.domains.region, shard }
    })
  }

  function checkPace({ body }: SignedOffer): void {
    if (pace.left(body.provider) >= 1) return
    throw new CodedError('E_OFFER_TOO_OFTEN', 'this provider offers too often', { facts: { provider: body.provider } })
  }

  function enter(verified: VerifiedOffer, data: Uint8Array, backing: Backing | undefined): Verdict {
    if (backing?.type === 'none') throw unbonded(verified.offer)
    if (backing?.type === 'unknown')
      throw new CodedError('E_BACKING_UNKNOWN', 'the chain does not say now who answers for this key')
    book.enter(verified, data, backing?.type === 'owner' ? backing.owner : undefined)
    return 'accept'
  }

  function refuse(err: unknown, from: PeerId, cost = 1): Verdict {
    const verdict = verdictOf(err)
    if (verdict === 'ignore' && isCodedError(err) && !HARMLESS.has(err.code)) blame(from, cost)
    return verdict
  }

  async function judgeByChain(keys: BondedKeys, verified: VerifiedOffer, data: Uint8Array, from: PeerId) {
    const backing = await keys.ask(verified.offer.body.provider)
    const cost = tallies.costOf(from.toString(), backing)
    try {
      return enter(verified, data, backing)
    } catch (err) {
      return refuse(err, from, cost)
    }
  }

  return {
    judge(data, from, shard) {
      try {
        const offer = book.read(data)
        checkShard(offer, shard)
        const known = bonded?.peek(offer.body.provider)
        if (known?.type === 'none') throw unbonded(offer)
        checkPace(offer)
        const verified = book.verify(offer)
        // Only what it signed counts as its own.
        pace.take(offer.body.provider)
        if (bonded !== undefined && known === undefined) return judgeByChain(bonded, verified, data, from)
        return enter(verified, data, known)
      } catch (err) {
        return refuse(err, from)
      }
    },
    async take(page, signal) {
      const checked: { verified: VerifiedOffer; data: Uint8Array; backing: Promise<Backing> | undefined }[] = []
      let bad = 0
      let added = 0
      let turnSinceMs = performance.now()
      for (const data of page) {
        try {
          const verified = book.verify(book.read(data))
          checked.push({ verified, data, backing: bonded?.ask(verified.offer.body.provider) })
        } catch (err) {
          if (verdictOf(err) === 'reject') bad++
        }
        if (performance.now() - turnSinceMs < VERIFY_TURN_MS) continue
        await nextTurn()
        signal.throwIfAborted()
        turnSinceMs = performance.now()
      }
      for (const { verified, data, backing } of checked) {
        try {
          enter(verified, data, await backing)
          added++
        } catch {
          // Not news any more, or without a bond: of no use, and no reason to think ill of whoever sent it.
        }
      }
      return { added, bad }
    }
  }
}

function unbonded({ body }: SignedOffer): CodedError {
  return new CodedError('E_OFFER_UNBONDED', 'nobody answers for this key with a bond', {
    facts: { provider: body.provider }
  })
}

/** Lets everybody else have the event loop for a moment; browsers lack setImmediate. */
function nextTurn(): Promise<void> {
  return new Promise(resolve => (typeof setImmediate === 'function' ? setImmediate(resolve) : setTimeout(resolve, 0)))
}

/**
 * What asking the chain because of a neighbour came to. Who brings mostly keys without a bond makes them up; who now and then
 * brings one has only seen the chain earlier than we did.
 */
function createTallies(nowMs: (() => number) | undefined): { costOf(peer: string, backing: Backing): number } {
  const init = { capacity: TALLY_MAX, perSec: 0, keysMax: PEERS_COUNTED_MAX, nowMs }
  const bonded: KeyedBuckets = createKeyedBuckets(init)
  const strange: KeyedBuckets = createKeyedBuckets(init)
  return {
    costOf(peer, backing) {
      if (backing.type === 'owner') bonded.spend(peer, 1)
      if (backing.type !== 'none') return 0
      strange.spend(peer, 1)
      return strange.left(peer) < bonded.left(peer) ? STRANGER_COST : 1
    }
  }
}

/** Far enough to tell which there are more of; what is beyond says no more. */
const TALLY_MAX = 10_000
