import { expect } from 'vitest'
import { testCid, token } from '../../scripts/vector-files/keys.ts'
import {
  acknowledge,
  acknowledgedSize,
  applyPayment,
  type BuyerEvent,
  buyerMessages,
  type ChannelKey,
  channelId,
  createBuyerAgreement,
  createBuyerChannel,
  createProviderAgreement,
  createProviderChannel,
  digestOf,
  duesOf,
  encodeMeta,
  issueVoucher,
  type Payment,
  type ProviderEvent,
  providerMessages,
  RECEIPT_FINAL,
  type Receipt,
  receiptType,
  type SignedReceipt,
  sign,
  stepBuyer,
  stepProvider,
  type ToBuyer,
  type ToProvider,
  validateReceipt,
  voucherType,
  ZERO_ADDRESS
} from '../../src/index.ts'
import { codeOf } from '../helpers/check.ts'
import { fastSigner, recoverFast } from '../helpers/fast-crypto.ts'
import { buyer, dealOf, domain, NOW, owner, provider } from '../helpers/market.ts'

export type PairEvent =
  /** The program runs on for a while; then the provider looks at it. */
  | { type: 'work'; ms: number }
  | { type: 'finish' }
  /** The next message in each direction arrives. */
  | { type: 'hear' }
  | { type: 'listen' }
  /** The connection breaks: what is under way is lost, and the buyer asks again over a new one. */
  | { type: 'reconnect' }
  /** The provider's machine stops and comes back: what was not stored is lost, the program starts again. */
  | { type: 'restart' }
  | { type: 'cancel' }
  | { type: 'confirm' }

const signers = { buyer: fastSigner(buyer.address), provider: fastSigner(provider.address) }
const crypto = { domain, recover: recoverFast }
const result = { exitCode: 0, stdout: testCid('stdout'), output: testCid('output') }
const digest = (receipt: Receipt) => digestOf(domain, receiptType, receipt)

/** A buyer and a provider with one agreement, each acting as its engine would, over a stream that keeps order. */
export function createPair() {
  const deal = dealOf()
  const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: 60, salt: 0n })
  const key: ChannelKey = { payer: buyer.address, payee: owner, token, arbiter: ZERO_ADDRESS, meta }
  const channel = channelId(key)
  const deposit = deal.bid.body.priceMax
  let clockMs = 0
  let runMs = 0
  let toBuyer: ToBuyer[] = []
  let toProvider: ToProvider[] = []
  let payer = createBuyerChannel(channel, key, deposit)
  let payee = createProviderChannel(channel, key, { deposit, settled: 0n, closeAt: 0 })
  let buying = createBuyerAgreement({ ...deal, job: deal.demand.body.job, channel })
  let providing = createProviderAgreement({ ...deal, channel })

  // Everything crosses the wire form, so that a message that cannot be sent is found.
  const tellBuyer = (message: ToBuyer) => toBuyer.push(buyerMessages.fromWire(buyerMessages.toWire(message)))
  const tellProvider = (message: ToProvider) =>
    toProvider.push(providerMessages.fromWire(providerMessages.toWire(message)))

  function provide(event: ProviderEvent): void {
    const { state, effects } = stepProvider(providing, event, NOW)
    providing = state
    for (const effect of effects) {
      if (effect.type === 'execute') runMs = 0
      if (effect.type === 'sendFailure')
        tellBuyer({ type: 'failure', value: { agreement: deal.id, failure: effect.failure } })
      if (effect.type === 'sendReceipt') sendReceipt(effect.receipt)
    }
  }

  function sendReceipt(body: Receipt): void {
    const receipt = sign(signers.provider, domain, receiptType, body)
    const final = body.kind === RECEIPT_FINAL ? result : undefined
    tellBuyer({ type: 'receipt', value: { receipt, result: final, stderr: new Uint8Array(0) } })
  }

  function buy(event: BuyerEvent): void {
    const { state, effects } = stepBuyer(buying, event)
    buying = state
    for (const { receipts } of effects) pay(receipts)
  }

  function pay(count: number): void {
    const dues = buying.receipts.slice(buying.paidReceipts, count).map(({ body }) => ({
      receipt: digest(body),
      amount: body.amount - (buying.receipts[body.sequence - 1]?.body.amount ?? 0n),
      agreement: body.agreement,
      sequence: body.sequence
    }))
    if (dues.length === 0) return
    const fromSize = payer.log.size
    const issued = issueVoucher(payer, dues)
    const voucher = sign(signers.buyer, domain, voucherType, issued.voucher)
    payer = { ...issued.channel, voucher }
    buy({ type: 'vouchered', receipts: count })
    const pays = dues.map(({ agreement, sequence }) => ({ agreement, sequence }))
    tellProvider({ type: 'payment', value: { fromSize, pays, voucher } })
  }

  function takeReceipt(receipt: SignedReceipt): void {
    if (receipt.body.sequence < buying.receipts.length) return
    const previous = buying.receipts.at(-1)?.body
    const context = {
      ...crypto,
      agreement: deal.id,
      demand: deal.demand.body,
      bid: deal.bid.body,
      previous,
      elapsedMs: clockMs
    }
    const refusal = codeOf(() => validateReceipt(receipt, context))
    if (refusal !== undefined) {
      // The only thing wrong with an honest provider's receipt: one before it went down with the connection.
      expect(refusal).toBe('E_RECEIPT_GAP')
      return
    }
    const final = receipt.body.kind === RECEIPT_FINAL
    buy(final ? { type: 'delivered', receipt, result, stderr: new Uint8Array(0) } : { type: 'ticked', receipt })
  }

  function takePayment({ fromSize, pays, voucher }: Payment): void {
    const dues = duesOf(pays, id => (id === deal.id ? providing : undefined), digest)
    const { channel: next, applied } = applyPayment(payee, { fromSize, dues, voucher }, crypto)
    payee = next
    const newest = pays.at(-1)
    if (applied > 0 && newest !== undefined) provide({ type: 'paid', receipts: newest.sequence + 1 })
    tellBuyer({ type: 'acknowledgement', value: { channel, size: payee.log.size, cumulative: payee.cumulative } })
  }

  function hear(): void {
    const message = toBuyer.shift()
    if (message?.type === 'receipt') takeReceipt(message.value.receipt)
    if (message?.type === 'failure') buy({ type: 'failed', failure: message.value.failure })
    if (message?.type === 'acknowledgement') payer = acknowledge(payer, message.value.size)
  }

  function listen(): void {
    const message = toProvider.shift()
    if (message?.type === 'payment') takePayment(message.value)
    if (message?.type === 'resume') provide({ type: 'resumed' })
    if (message?.type === 'cancel') provide({ type: 'cancelled' })
  }

  function reconnect(): void {
    toBuyer = []
    toProvider = []
    if (payer.voucher !== undefined && payer.unacknowledged.length > 0) {
      const payment = { fromSize: acknowledgedSize(payer), pays: [...payer.unacknowledged], voucher: payer.voucher }
      tellProvider({ type: 'payment', value: payment })
    }
    tellProvider({ type: 'resume', value: { agreement: deal.id } })
  }

  function work(ms: number): void {
    if (providing.phase.code !== 'running') return
    clockMs += ms
    runMs += ms
    provide({ type: 'ticked', usage: { runMs, memoryBytes: 0, outputBytes: 0, fuel: 0 } })
  }

  const usage = () => ({ runMs, memoryBytes: 0, outputBytes: 0, fuel: 0 })
  const handlers: { [K in PairEvent['type']]: (event: Extract<PairEvent, { type: K }>) => void } = {
    work: ({ ms }) => work(ms),
    finish: () => provide({ type: 'finished', usage: usage(), result, stderr: new Uint8Array(0) }),
    hear,
    listen,
    reconnect,
    restart() {
      provide({ type: 'restarted' })
      reconnect()
    },
    cancel: () => tellProvider({ type: 'cancel', value: { agreement: deal.id } }),
    confirm: () => buy({ type: 'confirmed' })
  }

  return {
    apply: (event: PairEvent) => (handlers[event.type] as (event: PairEvent) => void)(event),
    /** A connection that holds, until nobody has anything left to say. */
    settle() {
      reconnect()
      for (let i = 0; i < 1000 && toBuyer.length + toProvider.length > 0; i++) {
        listen()
        hear()
      }
      expect(toBuyer.length + toProvider.length).toBe(0)
    },
    state: () => ({ buying, providing, payer, payee, priceMax: deposit })
  }
}
