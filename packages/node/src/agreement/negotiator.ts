import type { SigningContext } from '@archipel/client'
import {
  type Address,
  type AgreementId,
  agreementType,
  BID_TTL_SEC_MAX,
  type Bid,
  bidType,
  CodedError,
  channelId,
  createFailure,
  createProviderAgreement,
  demandType,
  digestOf,
  type Failure,
  type Hash,
  isCodedError,
  type ProviderAgreement,
  quote,
  type SignedDemand,
  sameHex,
  sign,
  type ToBuyer,
  type ToProvider,
  tickSecMin,
  validateDemand,
  verify
} from '@archipel/protocol'
import type { Capacity } from '../execution/capacity.ts'
import type { DiskSpace } from '../execution/disk-space.ts'
import type { Logger } from '../log.ts'
import type { ProviderChannels } from '../payment/channels.ts'
import { reservationOf } from '../payment/reservations.ts'
import type { ProviderConfig } from '../provider.ts'
import { type Credit, exposureOf } from './credit.ts'
import type { ProviderEngine } from './engine.ts'
import type { OpenBids } from './open-bids.ts'

/** Answers one buyer: what it asks, what it accepts, what it pays. */
export interface Negotiator {
  /** The answer to a message, if it has one; later news goes out through the conversations. Never rejects. */
  answer(buyer: Address, message: ToProvider): Promise<ToBuyer | undefined>
}

/** A Bid stands this long: a buyer answers within milliseconds, or after opening a channel on a slow chain. */
export const BID_TTL_SEC = 120
/** How long the chain may take to tell about a channel before the buyer is told to try again. */
const CHANNEL_TIMEOUT_MS = 10_000

export interface NegotiatorInit {
  config: ProviderConfig
  runtimes: readonly string[]
  signing: SigningContext
  capacity: Capacity
  channels: ProviderChannels
  engine: ProviderEngine
  bids: OpenBids
  disk: Pick<DiskSpace, 'hasRoom'>
  credit: Credit
  log: Pick<Logger, 'error'>
}

type Acceptance = Extract<ToProvider, { type: 'accept' }>['value']

export function createNegotiator({
  config,
  runtimes,
  signing,
  capacity,
  channels,
  engine,
  bids,
  disk,
  credit,
  log
}: NegotiatorInit): Negotiator {
  const { domain, recover, signer, nowSec } = signing

  function bidOn(buyer: Address, demand: SignedDemand): ToBuyer {
    const { body } = demand
    if (!sameHex(body.buyer, buyer)) refuse('E_NOT_YOURS', 'this demand is another buyer’s', 'buyer')
    const demandHash = digestOf(domain, demandType, body)
    const known = bids.find(demandHash)
    if (known !== undefined) return { type: 'bid', value: known.bid }
    validateDemand(demand, { domain, recover, nowSec: nowSec() })
    if (!sameHex(body.token, config.network.token))
      refuse('E_OTHER_TOKEN', 'this provider is paid in another token', 'buyer')
    if (!runtimes.includes(body.workload.runtime))
      refuse('E_NO_RUNTIME', `this provider does not run ${body.workload.runtime}`, 'host')
    if (!capacity.fits(body.resources)) refuse('E_TOO_LARGE', 'the job is larger than this provider', 'host')
    if (!capacity.hasRoom()) refuse('E_BUSY', 'this provider has too many jobs waiting', 'host')
    if (!disk.hasRoom()) refuse('E_NO_SPACE', 'this provider’s disk is full', 'host')
    const price = quote(config.prices, body)
    if (price.priceMax > body.priceMax) refuse('E_PRICE', `this job costs up to ${price.priceMax} here`, 'buyer')
    const bid: Bid = {
      demand: demandHash,
      provider: signer.address,
      payee: config.owner,
      ...price,
      tickSec: Math.max(config.tickSec, tickSecMin(body)),
      expiresAt: Math.min(nowSec() + Math.min(BID_TTL_SEC, BID_TTL_SEC_MAX), body.deadline)
    }
    const signed = sign(signer, domain, bidType, bid)
    if (!credit.isGood(buyer, exposureOf(body, bid)))
      refuse('E_UNPAID', 'too much work of this provider is still unpaid', 'buyer')
    bids.add({ buyer, demandHash, demand, bidHash: digestOf(domain, bidType, bid), bid: signed })
    return { type: 'bid', value: signed }
  }

  const accepting = new Map<string, Promise<undefined>>()

  /** A buyer that hears nothing accepts again: it gets the outcome of the first time. */
  function accept(buyer: Address, value: Acceptance): Promise<undefined> {
    const id = digestOf(domain, agreementType, value.agreement.body) as AgreementId
    const key = `${buyer}/${id}`
    const underWay = accepting.get(key) ?? acceptOnce(buyer, id, value).finally(() => accepting.delete(key))
    accepting.set(key, underWay)
    return underWay
  }

  async function acceptOnce(buyer: Address, id: AgreementId, { agreement, channel }: Acceptance): Promise<undefined> {
    // Bids are deterministic, so an ended agreement can be accepted once more: it stays what it is, debts included.
    if ((await engine.load(id)) !== undefined) {
      await engine.apply(id, { type: 'resumed' })
      return undefined
    }
    const open = bids.find(agreement.body.demand)
    if (open === undefined || !sameHex(open.buyer, buyer) || !sameHex(open.bidHash, agreement.body.bid)) {
      refuse('E_BID_GONE', 'there is no such bid, or it has expired', 'buyer')
    }
    verify(agreement, buyer, { domain, recover, type: agreementType })
    if (!sameHex(channelId(channel), agreement.body.channel))
      refuse('E_CHANNEL_MISMATCH', 'the agreement names another channel', 'buyer')
    const { demand, bid } = open
    if (!credit.isGood(buyer, exposureOf(demand.body, bid.body)))
      refuse('E_UNPAID', 'too much work of this provider is still unpaid', 'buyer')
    bids.take(open.demandHash)
    const state = createProviderAgreement({ id, channel: channelId(channel), demand, bid, agreement })
    await channels.reserve(channel, buyer, reservationOf(state), AbortSignal.timeout(CHANNEL_TIMEOUT_MS))
    try {
      await engine.add(state)
    } catch (err) {
      channels.release(state.channel, id)
      throw err
    }
    return undefined
  }

  /** An agreement of this buyer. Others are told the same as if there were none. */
  async function own(buyer: Address, id: Hash): Promise<ProviderAgreement> {
    // What is said about an agreement while it is being accepted, such as a cancellation, is about the accepted one.
    await accepting.get(`${buyer}/${id}`)?.catch(() => {})
    const state = await engine.load(id as AgreementId)
    if (state === undefined || !sameHex(state.demand.body.buyer, buyer)) {
      refuse('E_AGREEMENT_UNKNOWN', 'no such agreement of yours is known here', 'buyer')
    }
    return state
  }

  async function handle(buyer: Address, message: ToProvider): Promise<ToBuyer | undefined> {
    switch (message.type) {
      case 'demand':
        return bidOn(buyer, message.value)
      case 'accept':
        return accept(buyer, message.value)
      case 'payment': {
        const { id, log, cumulative } = await channels.pay(buyer, message.value)
        return { type: 'acknowledgement', value: { channel: id, size: log.size, cumulative } }
      }
      case 'cancel':
        await engine.apply((await own(buyer, message.value.agreement)).id, { type: 'cancelled' })
        return undefined
      case 'resume':
        await engine.apply((await own(buyer, message.value.agreement)).id, { type: 'resumed' })
        return undefined
    }
  }

  return {
    async answer(buyer, message) {
      try {
        return await handle(buyer, message)
      } catch (err) {
        if (!isCodedError(err)) log.error({ err, buyer, message: message.type }, 'could not answer: a fault of our own')
        return { type: 'refusal', value: { regarding: subjectOf(message), failure: failureOf(err) } }
      }
    }
  }

  function subjectOf(message: ToProvider): Hash {
    switch (message.type) {
      case 'demand':
        return digestOf(domain, demandType, message.value.body)
      case 'accept':
        return digestOf(domain, agreementType, message.value.agreement.body)
      case 'payment':
        return message.value.voucher.body.channel
      default:
        return message.value.agreement
    }
  }
}

function refuse(code: string, message: string, fault: 'buyer' | 'host'): never {
  throw new CodedError(code, message, { facts: { fault } })
}

function failureOf(err: unknown): Failure {
  if (!isCodedError(err)) return { code: 'E_INTERNAL', fault: 'host', message: 'the provider had a fault of its own' }
  // A disk that fails is our own, and never the buyer's.
  const fault =
    typeof err.facts.fault === 'string' ? err.facts.fault : err.code.startsWith('E_STORE') ? 'host' : 'buyer'
  return createFailure({ code: err.code, fault, message: err.message })
}
