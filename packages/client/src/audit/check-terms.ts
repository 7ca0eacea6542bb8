import {
  agreementType,
  bidType,
  channelId,
  channelSigner,
  demandType,
  digestOf,
  offerType,
  type Recover,
  type SigningDomain,
  sameHex,
  validateBid,
  verify
} from '@archipel/protocol'
import type { AuditBundle } from './bundle.ts'
import { type Checks, expect } from './checks.ts'

export interface SignatureContext {
  readonly domain: SigningDomain
  readonly recover: Recover
}

/** What was agreed: offer, demand, bid, agreement and channel are signed by whom they name, and belong together. */
export function checkTerms({ check }: Checks, bundle: AuditBundle, { domain, recover }: SignatureContext): void {
  const { offer, demand, bid, agreement, channel, network } = bundle
  const demandHash = digestOf(domain, demandType, demand.body)

  check('offer signed by the provider', () => {
    verify(offer, offer.body.provider, { domain, recover, type: offerType })
    return offer.body.provider
  })
  check('demand signed by the buyer', () => {
    verify(demand, demand.body.buyer, { domain, recover, type: demandType })
    return demand.body.buyer
  })
  check('bid signed by the provider, answers the demand and keeps to offer and price ceiling', () => {
    // As the buyer did when it came; its expiry then says nothing now.
    const nowSec = bid.body.expiresAt - 1
    validateBid(bid, { domain, recover, nowSec, demand: demand.body, demandHash, offer: offer.body })
    return `at most ${bid.body.priceMax} of ${demand.body.priceMax}`
  })
  check('agreement signed by the buyer and made of this demand, bid and channel', () => {
    const { digest } = verify(agreement, demand.body.buyer, { domain, recover, type: agreementType })
    expect(sameHex(digest, bundle.id), `the agreement's id is ${digest}, not ${bundle.id}`)
    expect(sameHex(agreement.body.demand, demandHash), 'it is about another demand')
    expect(sameHex(agreement.body.bid, digestOf(domain, bidType, bid.body)), 'it is about another bid')
    expect(sameHex(agreement.body.channel, channelId(channel)), 'it pays through another channel')
    return digest
  })
  check("channel pays the provider's operator from the buyer", () => {
    expect(sameHex(channel.payee, bid.body.payee), `it pays ${channel.payee}, not ${bid.body.payee}`)
    expect(sameHex(channel.payer, demand.body.buyer), `it is fed by ${channel.payer}, not ${demand.body.buyer}`)
    expect(sameHex(channelSigner(channel), demand.body.buyer), `${channelSigner(channel)} signs its vouchers`)
    const tokens = [channel.token, demand.body.token, offer.body.token]
    expect(
      tokens.every(token => sameHex(token, network.token)),
      `not all is in the token ${network.token}`
    )
    return channelId(channel)
  })
}
