import { expect } from 'vitest'
import { testHash } from '../../scripts/vector-files/keys.ts'
import {
  type Address,
  acknowledge,
  acknowledgedSize,
  applyPayment,
  type BuyerChannel,
  type ChannelKey,
  channelId,
  commitmentOf,
  createBuyerChannel,
  createProviderChannel,
  type Due,
  digestOf,
  duesOf,
  encodeMeta,
  type Hash,
  isCodedError,
  issueVoucher,
  type Pay,
  type Payment,
  type ProviderChannel,
  type Receipt,
  receiptType,
  type SignedVoucher,
  sign,
  verify,
  voucherType,
  ZERO_ADDRESS,
  ZERO_HASH
} from '../../src/index.ts'
import { fastSigner, recoverFast } from '../helpers/fast-crypto.ts'
import { buyer, domain, owner } from '../helpers/market.ts'

export type ExchangeEvent =
  /** A provider issues a receipt that the buyer learns of. */
  | { type: 'work'; agreement: number; amount: number }
  /** The buyer pays every receipt of these agreements. */
  | { type: 'pay'; agreements: number[] }
  /** A payment under way arrives; `keep` leaves a copy that may arrive again. */
  | { type: 'deliver'; pick: number; keep: boolean }
  | { type: 'lose'; pick: number }
  | { type: 'resend' }
  | { type: 'acknowledge'; pick: number; keep: boolean }
  | { type: 'topUp'; amount: number }
  | { type: 'readChain' }

interface Book {
  receipts: Receipt[]
  /** Paid as the provider knows. */
  paidReceipts: number
  /** Paid as the buyer has it. */
  promised: number
}

const signer = fastSigner(buyer.address)
const crypto = { domain, recover: recoverFast }
const digest = (receipt: Receipt) => digestOf(domain, receiptType, receipt)

/** Both ends of one channel, and what is under way between them. */
export function createExchange({ token, deposit }: { token: Address; deposit: bigint }) {
  const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: 60, salt: 0n })
  const key: ChannelKey = { payer: buyer.address, payee: owner, token, arbiter: ZERO_ADDRESS, meta }
  const books = new Map<Hash, Book>()
  let payer: BuyerChannel = createBuyerChannel(channelId(key), key, deposit)
  let payee: ProviderChannel = createProviderChannel(payer.id, key, { deposit, settled: 0n, closeAt: 0 })
  let payments: Payment[] = []
  let acknowledgements: number[] = []

  function bookOf(n: number): Book {
    const agreement = testHash(`agreement ${n}`)
    const book = books.get(agreement) ?? { receipts: [], paidReceipts: 0, promised: 0 }
    books.set(agreement, book)
    return book
  }

  function work(n: number, step: number): void {
    const { receipts } = bookOf(n)
    const amount = (receipts.at(-1)?.amount ?? 0n) + BigInt(step)
    const usage = { runMs: receipts.length, memoryBytes: 0, outputBytes: 0, fuel: 0 }
    const agreement = testHash(`agreement ${n}`)
    receipts.push({ agreement, sequence: receipts.length, kind: 0, result: ZERO_HASH, usage, amount, issuedAt: 0 })
  }

  function pay(agreements: readonly number[]): void {
    const payable = [...new Set(agreements)].map(bookOf)
    const dues = payable.flatMap(({ receipts, promised }) =>
      receipts.slice(promised).map(receipt => dueOf(receipt, receipts))
    )
    if (dues.length === 0) return
    const fromSize = payer.log.size
    try {
      const { channel, voucher } = issueVoucher(payer, dues)
      const signed = sign(signer, domain, voucherType, voucher)
      payer = { ...channel, voucher: signed }
      for (const book of payable) book.promised = book.receipts.length
      payments.push({
        fromSize,
        pays: dues.map(({ agreement, sequence }) => ({ agreement, sequence })),
        voucher: signed
      })
    } catch (err) {
      if (!isCodedError(err)) throw err
      expect(err.code).toBe('E_CHANNEL_EXHAUSTED')
    }
  }

  function dueOf(receipt: Receipt, receipts: readonly Receipt[]): Due & Pay {
    const { agreement, sequence } = receipt
    const amount = receipt.amount - (receipts[sequence - 1]?.amount ?? 0n)
    return { agreement, sequence, amount, receipt: digest(receipt) }
  }

  function deliver({ fromSize, pays, voucher }: Payment): void {
    const dues = duesOf(pays, agreement => books.get(agreement), digest)
    try {
      const { channel, applied } = applyPayment(payee, { fromSize, dues, voucher }, crypto)
      payee = channel
      for (const { agreement, sequence } of applied === 0 ? [] : pays.slice(-applied)) {
        const book = books.get(agreement) as Book
        expect(sequence).toBe(book.paidReceipts)
        book.paidReceipts = sequence + 1
      }
      acknowledgements.push(payee.log.size)
    } catch (err) {
      if (!isCodedError(err)) throw err
      // All that an honest buyer's payment can meet: one before it is missing, or its top-up was not seen yet.
      expect(['E_PAYMENT_GAP', 'E_VOUCHER_ABOVE_DEPOSIT']).toContain(err.code)
    }
  }

  function resend(): void {
    if (payer.voucher === undefined || payer.unacknowledged.length === 0) return
    payments.push({ fromSize: acknowledgedSize(payer), pays: [...payer.unacknowledged], voucher: payer.voucher })
  }

  function take<T>(list: readonly T[], pick: number, keep: boolean): { item: T | undefined; rest: T[] } {
    const at = list.length === 0 ? -1 : pick % list.length
    return { item: list[at], rest: keep ? [...list] : list.filter((_, i) => i !== at) }
  }

  function apply(event: ExchangeEvent): void {
    switch (event.type) {
      case 'work':
        work(event.agreement, event.amount)
        break
      case 'pay':
        pay(event.agreements)
        break
      case 'deliver': {
        const { item, rest } = take(payments, event.pick, event.keep)
        payments = rest
        if (item !== undefined) deliver(item)
        break
      }
      case 'lose':
        payments = take(payments, event.pick, false).rest
        break
      case 'resend':
        resend()
        break
      case 'acknowledge': {
        const { item, rest } = take(acknowledgements, event.pick, event.keep)
        acknowledgements = rest
        if (item !== undefined) payer = acknowledge(payer, item)
        break
      }
      case 'topUp':
        payer = { ...payer, deposit: payer.deposit + BigInt(event.amount) }
        break
      case 'readChain':
        payee = { ...payee, deposit: payer.deposit }
    }
  }

  return {
    apply,
    /** The network works again: the buyer repeats itself once, and hears the answer. */
    heal() {
      apply({ type: 'readChain' })
      payments = []
      resend()
      for (const payment of payments) deliver(payment)
      payer = acknowledge(payer, payee.log.size)
    },
    expectInvariants() {
      expect(payee.cumulative <= payer.cumulative).toBe(true)
      expect(payer.cumulative <= payer.deposit && payee.cumulative <= payee.deposit).toBe(true)
      expect(acknowledgedSize(payer)).toBeLessThanOrEqual(payee.log.size)
      expect(payee.log.size).toBeLessThanOrEqual(payer.log.size)
      const sum = (receiptsOf: (book: Book) => number) =>
        [...books.values()].reduce((total, book) => total + (book.receipts[receiptsOf(book) - 1]?.amount ?? 0n), 0n)
      expect(payee.cumulative).toBe(sum(book => book.paidReceipts))
      expect(payer.cumulative).toBe(sum(book => book.promised))
      if (payee.voucher !== undefined) expectRedeemable(payee.voucher)
    },
    expectEqual() {
      expect(payee.log).toEqual(payer.log)
      expect(payee.cumulative).toBe(payer.cumulative)
      expect(payee.voucher).toEqual(payer.voucher)
      expect(payer.unacknowledged).toEqual([])
      for (const { paidReceipts, promised } of books.values()) expect(paidReceipts).toBe(promised)
    }
  }

  /** The voucher in the provider's hands is worth what the provider believes it was paid. */
  function expectRedeemable(voucher: SignedVoucher): void {
    verify(voucher, buyer.address, { ...crypto, type: voucherType })
    expect(voucher.body).toEqual({
      channel: payee.id,
      cumulative: payee.cumulative,
      commitment: commitmentOf(payee.log)
    })
  }
}
