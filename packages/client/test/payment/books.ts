import {
  applyPayment,
  type BuyerAgreement,
  createProviderChannel,
  digestOf,
  duesOf,
  isCodedError,
  type Payment,
  type ProviderChannel,
  type Receipt,
  receiptType,
  type ToBuyer,
  type Wei
} from '@archipel/protocol'
import type { ProvidersChannel } from '../../src/payment/channels.ts'
import { acknowledgementOf, deliveryOf, domain, type Host } from '../job/host.ts'
import { signing, type World } from '../job/world.ts'

/** A provider's own books of one channel: takes payments as a real one does, and refuses what does not add up. */
export interface Books {
  readonly channel: ProviderChannel
  /** What it says to a payment. */
  take(payment: Payment): ToBuyer
  /** Issues the agreement's next receipt and has the buyer take it. */
  tick(agreement: BuyerAgreement, runMs: number): Promise<void>
  /** As after a restore from an old backup. */
  forgetPayments(): void
}

export function createBooks({ parts }: World, host: Host, { id, key }: ProvidersChannel, deposit: Wei): Books {
  const fresh = createProviderChannel(id, key, { deposit, settled: 0n, closeAt: 0 })
  let channel = fresh
  const books = new Map<string, { receipts: Receipt[]; paidReceipts: number }>()
  const digest = (receipt: Receipt) => digestOf(domain, receiptType, receipt)

  return {
    get channel() {
      return channel
    },
    take(payment) {
      const dues = duesOf(payment.pays, agreement => books.get(agreement), digest)
      try {
        const taken = applyPayment(channel, { ...payment, dues }, { domain, recover: signing.recover })
        for (const { agreement, sequence } of payment.pays.slice(payment.pays.length - taken.applied)) {
          books.get(agreement)!.paidReceipts = sequence + 1
        }
        channel = taken.channel
        return acknowledgementOf(payment)
      } catch (err) {
        if (!isCodedError(err)) throw err
        const failure = { code: err.code, fault: 'buyer', message: err.message }
        return { type: 'refusal', value: { regarding: id, failure } }
      }
    },
    async tick(agreement, runMs) {
      const book = books.get(agreement.id) ?? { receipts: [], paidReceipts: 0 }
      books.set(agreement.id, book)
      const delivery = deliveryOf(host, agreement, book.receipts.length, runMs)
      book.receipts.push(delivery.receipt.body)
      await parts.engine.deliver(agreement.id, delivery)
    },
    forgetPayments() {
      channel = fresh
      for (const book of books.values()) book.paidReceipts = 0
    }
  }
}
