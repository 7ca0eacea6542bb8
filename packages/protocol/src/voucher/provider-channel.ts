import type { ChannelKey } from '../channel/channel.ts'
import { channelSigner } from '../channel/channel.ts'
import { CodedError } from '../errors.ts'
import { type ChannelId, sameHex, type UnixSec, type Wei } from '../primitives/hex.ts'
import { commitmentOf, EMPTY_LOG, type ReceiptLog } from '../receipt-log/log.ts'
import { type Recover, type SigningDomain, verify } from '../signature/index.ts'
import { type Due, payDues } from './due.ts'
import { type SignedVoucher, voucherType } from './voucher.ts'

/** A channel as its payee sees it. */
export interface ProviderChannel {
  readonly id: ChannelId
  readonly key: ChannelKey
  /** On chain, as last read. */
  readonly deposit: Wei
  /** Paid out on chain, as last read. */
  readonly settled: Wei
  /** When the payer can take the rest; zero while no close was asked for. */
  readonly closeAt: UnixSec
  readonly cumulative: Wei
  readonly log: ReceiptLog
  /** The newest voucher: the only one worth redeeming. */
  readonly voucher: SignedVoucher | undefined
}

export function createProviderChannel(
  id: ChannelId,
  key: ChannelKey,
  chain: { deposit: Wei; settled: Wei; closeAt: UnixSec }
): ProviderChannel {
  return { id, key, ...chain, cumulative: 0n, log: EMPTY_LOG, voucher: undefined }
}

/** What the channel can still pay beyond vouchers in hand. */
export function uncommitted({ deposit, cumulative, settled }: ProviderChannel): Wei {
  const spent = cumulative > settled ? cumulative : settled
  return deposit > spent ? deposit - spent : 0n
}

export interface IncomingPayment {
  /** Log size before the first due, as the buyer counts. */
  fromSize: number
  /** Dues of the payment's receipts from our own books, in the buyer's order; already applied ones may be `undefined`. */
  dues: readonly (Due | undefined)[]
  voucher: SignedVoucher
}

/**
 * Takes a voucher, on a closing channel too: it can be redeemed until the close. Pure and idempotent: what was applied
 * before changes nothing, so a buyer may send again after any crash.
 *
 * @returns the channel after it, and how many of `dues` were new
 * @throws CodedError E_PAYMENT_GAP, E_VOUCHER_MISMATCH, E_VOUCHER_ABOVE_DEPOSIT, E_BAD_SIGNATURE
 */
export function applyPayment(
  channel: ProviderChannel,
  { fromSize, dues, voucher }: IncomingPayment,
  { domain, recover }: { domain: SigningDomain; recover: Recover }
): { channel: ProviderChannel; applied: number } {
  if (fromSize > channel.log.size) {
    throw new CodedError('E_PAYMENT_GAP', 'the payment builds on receipts we have not been paid for', {
      facts: { channel: channel.id, fromSize, size: channel.log.size },
      hint: 'send again everything since the last acknowledged payment'
    })
  }
  const fresh = dues.slice(channel.log.size - fromSize)
  if (fresh.length === 0) return { channel, applied: 0 }
  if (fresh.some(due => due === undefined)) mismatch(channel, 'it pays a receipt we did not issue')
  const { log, cumulative } = payDues(channel, fresh as Due[])
  const { body } = voucher
  if (!sameHex(body.channel, channel.id)) mismatch(channel, 'it is for another channel')
  if (body.cumulative !== cumulative) mismatch(channel, `its amount is ${body.cumulative}, not ${cumulative}`)
  if (!sameHex(body.commitment, commitmentOf(log))) mismatch(channel, 'its commitment is not to these receipts')
  if (cumulative > channel.deposit) {
    throw new CodedError('E_VOUCHER_ABOVE_DEPOSIT', 'the voucher is above the deposit of its channel', {
      facts: { channel: channel.id, cumulative, deposit: channel.deposit },
      hint: 'deposit more on the channel, then send the payment again'
    })
  }
  verify(voucher, channelSigner(channel.key), { domain, recover, type: voucherType })
  return { channel: { ...channel, cumulative, log, voucher }, applied: fresh.length }
}

function mismatch(channel: ProviderChannel, why: string): never {
  throw new CodedError('E_VOUCHER_MISMATCH', `the voucher does not pay what was delivered: ${why}`, {
    facts: { channel: channel.id, why }
  })
}
