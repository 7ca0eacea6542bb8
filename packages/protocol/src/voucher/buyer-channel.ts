import type { ChannelKey } from '../channel/channel.ts'
import { CodedError } from '../errors.ts'
import { PAYS_MAX } from '../limits.ts'
import type { ChannelId, Hash, Wei } from '../primitives/hex.ts'
import { commitmentOf, EMPTY_LOG, type ReceiptLog } from '../receipt-log/log.ts'
import { type Due, payDues } from './due.ts'
import type { Pay } from './payment.ts'
import type { SignedVoucher, Voucher } from './voucher.ts'

/** A channel as its payer sees it. */
export interface BuyerChannel {
  readonly id: ChannelId
  readonly key: ChannelKey
  /** On chain, as last confirmed. */
  readonly deposit: Wei
  readonly cumulative: Wei
  readonly log: ReceiptLog
  /** Receipts paid for whose voucher the provider has not acknowledged yet, in log order. */
  readonly unacknowledged: readonly Pay[]
  readonly voucher: SignedVoucher | undefined
}

export function createBuyerChannel(id: ChannelId, key: ChannelKey, deposit: Wei): BuyerChannel {
  return { id, key, deposit, cumulative: 0n, log: EMPTY_LOG, unacknowledged: [], voucher: undefined }
}

/**
 * Pays receipts: the channel after it and the voucher to sign and store before it is sent.
 *
 * @throws CodedError E_CHANNEL_EXHAUSTED when the deposit does not cover them; E_PAYMENTS_UNACKNOWLEDGED when they and
 * what the provider has not acknowledged would not fit one Payment: sent again after a loss, it has to name them all
 */
export function issueVoucher(
  channel: BuyerChannel,
  payments: readonly (Due & Pay)[]
): { channel: BuyerChannel; voucher: Voucher; leaves: readonly { receipt: Hash; cumulative: Wei }[] } {
  if (channel.unacknowledged.length + payments.length > PAYS_MAX) {
    throw new CodedError('E_PAYMENTS_UNACKNOWLEDGED', 'too many payments wait for the provider to acknowledge them', {
      facts: { channel: channel.id, unacknowledged: channel.unacknowledged.length, payments: payments.length },
      hint: 'pay again once the provider has answered'
    })
  }
  const { log, cumulative, leaves } = payDues(channel, payments)
  if (cumulative > channel.deposit) {
    throw new CodedError('E_CHANNEL_EXHAUSTED', 'the channel does not hold enough for this payment', {
      facts: { channel: channel.id, cumulative, deposit: channel.deposit },
      hint: 'top the channel up'
    })
  }
  const unacknowledged = [
    ...channel.unacknowledged,
    ...payments.map(({ agreement, sequence }) => ({ agreement, sequence }))
  ]
  return {
    channel: { ...channel, log, cumulative, unacknowledged },
    voucher: { channel: channel.id, cumulative, commitment: commitmentOf(log) },
    leaves
  }
}

/** Log size before the first unacknowledged receipt. */
export function acknowledgedSize({ log, unacknowledged }: BuyerChannel): number {
  return log.size - unacknowledged.length
}

/** Takes the provider's acknowledgement of everything up to `size` receipts. Idempotent; nonsense changes nothing. */
export function acknowledge(channel: BuyerChannel, size: number): BuyerChannel {
  const done = size - acknowledgedSize(channel)
  if (!Number.isSafeInteger(done) || done <= 0 || done > channel.unacknowledged.length) return channel
  return { ...channel, unacknowledged: channel.unacknowledged.slice(done) }
}
