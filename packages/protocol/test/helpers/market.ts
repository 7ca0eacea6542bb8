import { buyer, domain, owner, provider, testHash } from '../../scripts/vector-files/keys.ts'
import { demands, offers } from '../../scripts/vector-files/market-cases.ts'
import {
  type Agreement,
  type AgreementId,
  agreementType,
  type Bid,
  bidType,
  type Demand,
  demandType,
  digestOf,
  type Offer,
  offerType,
  quote,
  recoverPure,
  type SignedAgreement,
  type SignedBid,
  type SignedDemand,
  type SignedOffer,
  type Signer,
  sign
} from '../../src/index.ts'

export const NOW = 1_800_000_000
export const checks = { domain, recover: recoverPure, nowSec: NOW }

const plainOffer: Offer = { ...(offers.plain as Offer), expiresAt: NOW + 600 }
/** Paid by time, where a test does not say otherwise. */
const plainDemand: Demand = { ...(demands.plain as Demand), deadline: NOW + 3600, fuel: 0 }

/** An honest offer with some fields changed. */
export function offerOf(changes: Partial<Offer> = {}, signer: Signer = provider): SignedOffer {
  return sign(signer, domain, offerType, { ...plainOffer, ...changes })
}

/** An honest demand with some fields changed; those of its workload apart. */
export function demandOf(
  {
    workload,
    ...changes
  }: Partial<Omit<Demand, 'workload'>> & { workload?: Partial<Demand['workload']> | undefined } = {},
  signer: Signer = buyer
): SignedDemand {
  const body = { ...plainDemand, ...changes, workload: { ...plainDemand.workload, ...workload } }
  return sign(signer, domain, demandType, body)
}

/** The bid that keeps exactly to an offer, with some fields changed. */
export function bidOf(offer: Offer, demand: Demand, changes: Partial<Bid> = {}, signer: Signer = provider): SignedBid {
  return sign(signer, domain, bidType, {
    demand: digestOf(domain, demandType, demand),
    provider: offer.provider,
    payee: offer.owner,
    ...quote(offer.prices, demand),
    tickSec: offer.tickSec,
    expiresAt: NOW + 60,
    ...changes
  })
}

/** Everything two parties have signed once they agree. */
export interface Deal {
  readonly offer: SignedOffer
  readonly demand: SignedDemand
  readonly bid: SignedBid
  readonly agreement: SignedAgreement
  readonly id: AgreementId
}

export function dealOf(changes: { offer?: Partial<Offer>; demand?: Partial<Demand>; bid?: Partial<Bid> } = {}): Deal {
  const offer = offerOf(changes.offer)
  const demand = demandOf(changes.demand)
  const bid = bidOf(offer.body, demand.body, changes.bid)
  const body: Agreement = {
    demand: bid.body.demand,
    bid: digestOf(domain, bidType, bid.body),
    channel: testHash('channel')
  }
  const agreement = sign(buyer, domain, agreementType, body)
  return { offer, demand, bid, agreement, id: digestOf(domain, agreementType, body) as AgreementId }
}

export { buyer, domain, owner, provider }
