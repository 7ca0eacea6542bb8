import type { Address, OfferEquivocation } from '@archipel/protocol'
import { createBonds } from '../chain/index.ts'
import type { SigningContext } from '../context.ts'
import { type Network, offersTopic } from '../net/index.ts'
import type { NetworkDescriptor } from '../network-descriptor.ts'
import { createAdmission } from './admission/admission.ts'
import { type BondedKeys, createBondedKeys } from './admission/bonded-keys.ts'
import { createProofs } from './admission/proofs.ts'
import { type Book, createBook } from './book/book.ts'
import { createKeptBook, type KeptTables } from './kept-book.ts'
import { KEPT_LOAD_TIMEOUT_MS } from './limits.ts'
import type { TakeOffers } from './sync/fetch-book.ts'

/** What a peer knows of offers and how it learns of them: the book, who may enter it, and what of it is kept. */
export interface Offers {
  readonly book: Book
  /** How many topics this network's offers are spread over. */
  readonly shards: number
  /** For books of others. */
  readonly take: TakeOffers
  /**
   * Whether a bond stands behind a key, so that others take its offers; undefined where none is needed, or the chain does
   * not say now.
   */
  isBacked(key: Address): Promise<boolean | undefined>
  /** Reads what an earlier process kept. Never rejects. @returns how many offers still hold */
  load(): Promise<number>
  /** Hears gossip on these shards from now on, beside those it hears already. */
  listen(shards: Iterable<number>): void
  /** Begins to keep the book, and to hear of contradictions. */
  start(): void
  /** Leaves gossip and writes the book. */
  stop(): Promise<void>
}

export interface OffersInit {
  descriptor: NetworkDescriptor
  network: Network
  signing: Pick<SigningContext, 'domain' | 'recover' | 'nowSec'>
  tables: KeptTables
  /** Told of each proof that a provider contradicted itself, found here or sent by others. */
  onContradiction: (proof: OfferEquivocation) => void
}

export function createOffers({ descriptor, network, signing, tables, onContradiction }: OffersInit): Offers {
  const shards = descriptor.offerShards ?? 1
  const bonded = bondedKeysOf(descriptor, signing.nowSec)
  const kept = createKeptBook({ tables, bonded })
  const proofs =
    bonded &&
    createProofs({ network, bonded, domain: signing.domain, recover: signing.recover, onProof: onContradiction })
  const book = createBook({
    ...signing,
    token: descriptor.token,
    onChange: kept.note,
    onContradiction(proof) {
      onContradiction(proof)
      void proofs?.publish(proof)
    }
  })
  const admission = createAdmission({ book, bonded, shards, blame: network.gossip.blame })
  const leaves = new Map<number, () => void>()
  const stopped = new AbortController()

  return {
    book,
    shards,
    take: admission.take,
    async isBacked(key) {
      const backing = await bonded?.ask(key)
      return backing === undefined || backing.type === 'unknown' ? undefined : backing.type === 'owner'
    },
    load: () =>
      kept
        .load(admission.take, AbortSignal.any([stopped.signal, AbortSignal.timeout(KEPT_LOAD_TIMEOUT_MS)]))
        .catch(() => 0),
    listen(wanted) {
      for (const shard of wanted) {
        if (leaves.has(shard) || stopped.signal.aborted) continue
        const validate = (data: Uint8Array, from: Parameters<typeof admission.judge>[1]) =>
          admission.judge(data, from, shard)
        leaves.set(shard, network.gossip.join(offersTopic(network.name, shard), { validate }))
      }
    },
    start() {
      kept.start()
      proofs?.start()
    },
    async stop() {
      stopped.abort()
      for (const leave of leaves.values()) leave()
      leaves.clear()
      proofs?.stop()
      bonded?.stop()
      await kept.stop()
    }
  }
}

/** Undefined where every key may offer: without bonds, nobody can tell one stranger from a thousand. */
function bondedKeysOf(descriptor: NetworkDescriptor, nowSec: () => number): BondedKeys | undefined {
  const { bonds, unbondedOffers = false } = descriptor
  if (bonds === undefined || unbondedOffers) return undefined
  const door = createBonds({ ...descriptor, bonds })
  return createBondedKeys({ read: (keys: readonly Address[], options) => door.backersOf(keys, options), nowSec })
}
