import { agreementType } from '../agreement/agreement.ts'
import { type Bid, bidType } from '../bid/bid.ts'
import { type ChannelKey, channelId } from '../channel/channel.ts'
import { CodedError } from '../errors.ts'
import { type AgreementId, sameHex } from '../primitives/hex.ts'
import { digestOf, type SigningDomain } from '../signature/index.ts'
import type { ReceiptEquivocation } from './equivocation.ts'

/**
 * Whose work the receipts were for. The agreement's id is the hash of this, so that it needs no signature of the buyer:
 * the channel's payer is compensated, in the channel's token, by at most the bid's `priceMax`.
 */
export interface Harm {
  readonly bid: Bid
  readonly channel: ChannelKey
}

/** The id of the agreement on this bid and channel. */
export function agreementOfHarm({ bid, channel }: Harm, domain: SigningDomain): AgreementId {
  const body = { demand: bid.demand, bid: digestOf(domain, bidType, bid), channel: channelId(channel) }
  return digestOf(domain, agreementType, body) as AgreementId
}

/** @throws CodedError E_HARM_NOT_PROVEN: the receipts are of another agreement, or by another key than the bid's */
export function validateHarm(proof: ReceiptEquivocation, harm: Harm, domain: SigningDomain): void {
  const shown = agreementOfHarm(harm, domain)
  const { agreement } = proof.first.body
  if (sameHex(agreement, shown) && sameHex(harm.bid.provider, proof.key)) return
  throw new CodedError('E_HARM_NOT_PROVEN', 'the bid and channel are not those of the receipts', {
    facts: { agreement, shown, key: proof.key, provider: harm.bid.provider }
  })
}
