import {
  type Address,
  type AgreedTerms,
  type ChannelKey,
  type Hex,
  packAgreed,
  type SignedUptimeTally,
  toHex,
  toStatements,
  type Wei,
  type WitnessTally
} from '@archipel/protocol'
import { uptimeInterface } from '../contract/interfaces.ts'
import { loggedEvent } from '../contract/logged-event.ts'
import { channelArg } from '../contract/structs.ts'
import type { TxReceipt } from '../transactions/receipt.ts'
import type { Sender, SendOptions } from '../transactions/sender.ts'
import { statementArg, termsArg } from './reads.ts'

/** Terms that both have signed, and the channel that pays for them. */
export interface Service {
  readonly agreed: AgreedTerms
  readonly key: ChannelKey
}

/** How a transaction about a service is sent. */
export interface ServiceOptions extends SendOptions {
  /** The chain has seen both signatures ({@link UptimeReads.serviceOf}): leave them out, for less gas. */
  agreedOnChain?: boolean | undefined
}

/**
 * Transactions of one account towards Uptime, simulated first and awaited as those of the escrow are. Anybody may send
 * them but for `endService`, and all of them may be sent again: E_NOTHING_TO_REDEEM says that all was paid.
 */
export interface UptimeWrites {
  /** Has the payee paid for what a quorum of witnesses certifies. @param tallies validated, in any order */
  redeemUptime(
    service: Service,
    tallies: readonly WitnessTally[],
    options?: ServiceOptions
  ): Promise<TxReceipt & { readonly paid: Wei }>
  /** The same on the buyer's own tally. */
  redeemBuyerTally(
    service: Service,
    tally: SignedUptimeTally,
    options?: ServiceOptions
  ): Promise<TxReceipt & { readonly paid: Wei }>
  /** Has the payer credited for what a quorum certifies as down, from the bond of the provider's owner. */
  creditDowntime(
    service: Service,
    tallies: readonly WitnessTally[],
    options?: ServiceOptions
  ): Promise<TxReceipt & { readonly paid: Wei; readonly owner: Address }>
  /** Ends the provider's liability, once its channel is closing or cannot pay. The provider or its payee sends it. */
  endService(service: Service, options?: ServiceOptions): Promise<TxReceipt & { readonly endedAt: number }>
}

/** @param uptime the Uptime contract */
export function createUptimeWrites(sender: Sender, uptime: Address): UptimeWrites {
  const send = (
    operation: string,
    { agreed, key }: Service,
    more: readonly unknown[],
    { agreedOnChain = false, ...options }: ServiceOptions = {}
  ) => {
    const signatures = agreedOnChain ? '0x' : toHex(packAgreed(agreed))
    const args = [termsArg(agreed.terms), channelArg(key), signatures, ...more]
    const data = uptimeInterface.encodeFunctionData(operation, args) as Hex
    return sender.send({ operation, to: uptime, data }, options)
  }
  const event = (receipt: TxReceipt, name: string) =>
    loggedEvent(receipt, { contract: uptime, via: uptimeInterface, name })

  return {
    async redeemUptime(service, tallies, options) {
      const receipt = await send('redeem', service, [toStatements(tallies).map(statementArg)], options)
      return { ...receipt, paid: event(receipt, 'IntervalsRedeemed').paid }
    },
    async redeemBuyerTally(service, { body, signature }, options) {
      const tally = [body.terms, body.epoch, body.up, body.down, body.through]
      const receipt = await send('redeemByBuyer', service, [tally, toHex(signature)], options)
      return { ...receipt, paid: event(receipt, 'IntervalsRedeemed').paid }
    },
    async creditDowntime(service, tallies, options) {
      const receipt = await send('credit', service, [toStatements(tallies).map(statementArg)], options)
      const { paid, owner } = event(receipt, 'IntervalsCredited')
      return { ...receipt, paid, owner: String(owner).toLowerCase() as Address }
    },
    async endService(service, options) {
      const receipt = await send('end', service, [], options)
      return { ...receipt, endedAt: Number(event(receipt, 'ServiceEnded').intervals) }
    }
  }
}
