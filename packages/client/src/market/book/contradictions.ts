import {
  type Address,
  type OfferEquivocation,
  offersContradict,
  offerType,
  type Recover,
  type SignedOffer,
  type SigningDomain,
  toHex,
  verify
} from '@archipel/protocol'
import { OFFERS_REMEMBERED_MAX, OFFERS_REMEMBERED_PER_PROVIDER, TOLD_MAX } from '../limits.ts'

/** Finds providers out that sign different offers with one sequence: one for this peer, another for that. */
export interface Contradictions {
  /** Keeps an offer that a newer one replaces: others may still spread what contradicts it. */
  remember(replaced: SignedOffer): void
  /**
   * Compares an offer that is not newer than `known` with what its provider signed before.
   *
   * @throws CodedError E_BAD_SIGNATURE: it contradicts one, and its provider never signed it
   */
  compare(offer: SignedOffer, known: SignedOffer): void
}

export interface ContradictionsInit {
  domain: SigningDomain
  recover: Recover
  /** Called once for each sequence of a provider, with what proves it. */
  onFound: (proof: OfferEquivocation) => void
}

export function createContradictions({ domain, recover, onFound }: ContradictionsInit): Contradictions {
  /** By provider, oldest first; who has not been heard of for longest is first. */
  const remembered = new Map<Address, SignedOffer[]>()
  let count = 0
  /** What has been told of: another copy needs no second look. */
  const told = new Set<string>()

  function forgetOldest(): void {
    const [oldest] = remembered
    if (oldest === undefined) return
    const [provider, offers] = oldest
    offers.shift()
    count--
    if (offers.length === 0) remembered.delete(provider)
  }

  return {
    remember(replaced) {
      const { provider } = replaced.body
      const offers = remembered.get(provider) ?? []
      remembered.delete(provider)
      remembered.set(provider, offers)
      offers.push(replaced)
      count++
      if (offers.length > OFFERS_REMEMBERED_PER_PROVIDER) {
        offers.shift()
        count--
      }
      if (count > OFFERS_REMEMBERED_MAX) forgetOldest()
    },
    compare(offer, known) {
      const { provider, sequence } = offer.body
      const name = `${provider}/${sequence}`
      if (told.has(name)) return
      const first = [known, ...(remembered.get(provider) ?? [])].find(({ body }) => body.sequence === sequence)
      // A copy, as most are: what has the same signature and says something else was never signed.
      if (first === undefined || toHex(first.signature) === toHex(offer.signature)) return
      if (!offersContradict(first.body, offer.body)) return
      verify(offer, provider, { domain, recover, type: offerType })
      if (told.size >= TOLD_MAX) told.delete(told.values().next().value as string)
      told.add(name)
      onFound({ kind: 'offers', first, second: offer })
    }
  }
}
