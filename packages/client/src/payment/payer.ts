import {
  type Address,
  type AgreementId,
  acknowledge,
  acknowledgedSize,
  type BuyerAgreement,
  type ChannelId,
  CodedError,
  type Due,
  digestOf,
  type Failure,
  issueVoucher,
  PAYS_MAX,
  type Pay,
  type Payment,
  receiptType,
  type SignedVoucher,
  sign,
  voucherType
} from '@archipel/protocol'
import type { BuyerEngine } from '../agreement/engine.ts'
import type { SigningContext } from '../context.ts'
import { failpoint } from '../failpoint.ts'
import { createDeferred, type Deferred, waitFor } from '../net/index.ts'
import type { BuyerRecords } from '../records.ts'
import type { Channels } from './channels.ts'

/**
 * Pays receipts with vouchers. On each channel one voucher is under way at a time; what falls due meanwhile is paid by
 * the next one, so that a thousand short jobs need far fewer vouchers than jobs.
 */
export interface Payer {
  /** Pays the first `receipts` receipts of an agreement. */
  pay(agreement: AgreementId, receipts: number): void
  /** Resolves once the provider has stored every payment for an agreement; rejects with what it refused with. */
  settled(agreement: AgreementId): Promise<void>
  /** The provider stored every payment up to `size` receipts. */
  acknowledged(channel: ChannelId, size: number): void
  refused(channel: ChannelId, failure: Failure): void
  /** Sends again what an earlier process left unacknowledged: once for each channel. */
  recover(channel: ChannelId): Promise<void>
  /** True while a provider has not acknowledged all payments that are known of here. */
  owes(provider: Address): boolean
  /** Sends a provider everything again that it has not acknowledged, whichever process paid it: with a new stream. */
  resendTo(provider: Address): Promise<void>
  /** The provider says that a payment builds on one it does not have: sends all it has not acknowledged, in one. */
  fillGap(channel: ChannelId): Promise<void>
  /** Resolves once every provider has acknowledged what it is owed, or the signal says that it is late. */
  flush(signal: AbortSignal): Promise<void>
}

export interface PayerInit {
  records: BuyerRecords
  signing: SigningContext
  channels: Channels
  engine: Pick<BuyerEngine, 'get' | 'stage' | 'notify'>
  send: (provider: Address, payment: Payment) => Promise<void>
  /** True for an agreement that a court has paid: it is not paid once more. */
  isAwarded?: ((agreement: AgreementId) => boolean) | undefined
  /** Told of a payment that could not be made or stored; nothing is lost, it is sent again. */
  onError: (channel: ChannelId, error: unknown) => void
}

interface Line {
  /** Agreements with unpaid receipts, and how many of their receipts to pay. */
  readonly due: Map<AgreementId, number>
  busy: boolean
  /** Times in a row that the provider said it misses payments. */
  gaps: number
  readonly waiting: Map<AgreementId, Deferred<void>>
}

export function createPayer(init: PayerInit): Payer {
  const { records, signing, channels, engine, send, isAwarded = () => false, onError } = init
  const lines = new Map<ChannelId, Line>()
  /** Told of whatever may have been the last thing that {@link Payer.flush} waits for. */
  let onProgress = createDeferred<void>()
  /**
   * What is in memory rests on changes that the disk refused: signing on top of them, this process and the next one would
   * pay the same receipt twice.
   */
  let isBehind = false
  records.store.onFailure(() => {
    isBehind = true
  })

  function lineOf(channel: ChannelId): Line {
    const line = lines.get(channel) ?? { due: new Map(), busy: false, gaps: 0, waiting: new Map() }
    lines.set(channel, line)
    return line
  }

  async function drain(id: ChannelId, line: Line): Promise<void> {
    if (line.busy) return
    line.busy = true
    try {
      while (line.due.size > 0) await payOnce(id, line)
    } catch (err) {
      onError(id, err)
      fail(line, err)
    } finally {
      line.busy = false
      progressed()
    }
  }

  function progressed(): void {
    onProgress.resolve()
    onProgress = createDeferred()
  }

  function isFlushed(): boolean {
    return [...lines].every(
      ([id, { busy, due }]) => !busy && due.size === 0 && !channels.peek(id)?.unacknowledged.length
    )
  }

  async function payOnce(id: ChannelId, line: Line): Promise<void> {
    if (isBehind) throw storeFailed()
    const before = channels.held(id)
    const payments: (Due & Pay)[] = []
    const paidTo = new Map<AgreementId, number>()
    for (const [agreement, receipts] of line.due) {
      const state = engine.get(agreement)
      const dues = state === undefined ? [] : unpaidDues(state, receipts)
      if (before.unacknowledged.length + payments.length + dues.length > PAYS_MAX) break
      line.due.delete(agreement)
      payments.push(...dues)
      if (dues.length > 0) paidTo.set(agreement, receipts)
    }
    if (payments.length === 0) {
      if (line.due.size === 0) return
      throw new CodedError('E_PROVIDER_SILENT', 'the provider does not acknowledge payments', {
        facts: { channel: id, unacknowledged: before.unacknowledged.length },
        hint: 'payments go on once it answers'
      })
    }
    const { channel, voucher, leaves } = issueVoucher(before, payments)
    const signedVoucher: SignedVoucher = sign(signing.signer, signing.domain, voucherType, voucher)
    channels.hold({ ...channel, voucher: signedVoucher })
    failpoint('buyer.voucher.before')
    await records.store.commit([
      records.channels.put(id, channels.held(id)),
      ...leaves.map((leaf, i) =>
        records.leaves.put(records.leafKey(id, before.log.size + i), { ...leaf, ...pick(payments[i] as Pay) })
      ),
      ...[...paidTo].flatMap(([agreement, receipts]) => engine.stage(agreement, { type: 'vouchered', receipts }))
    ])
    failpoint('buyer.voucher.stored')
    for (const agreement of paidTo.keys()) engine.notify(agreement)
    // Stored, so the money is promised; if the connection is gone the payment is sent again when it is back.
    const payment = { fromSize: before.log.size, pays: payments.map(pick), voucher: signedVoucher }
    await send(before.provider, payment).catch(err => onError(id, err))
    failpoint('buyer.voucher.sent')
  }

  function unpaidDues(state: BuyerAgreement, receipts: number): (Due & Pay)[] {
    return state.receipts.slice(state.paidReceipts, receipts).map(({ body }, i) => ({
      receipt: digestOf(signing.domain, receiptType, body),
      amount: body.amount - (state.receipts[state.paidReceipts + i - 1]?.body.amount ?? 0n),
      agreement: state.id,
      sequence: body.sequence
    }))
  }

  return {
    pay(agreement, receipts) {
      const channel = engine.get(agreement)?.channel
      if (channel === undefined || isAwarded(agreement)) return
      const line = lineOf(channel)
      line.due.set(agreement, receipts)
      void drain(channel, line)
    },
    settled(id) {
      const channel = engine.get(id)?.channel
      if (channel === undefined) return Promise.resolve()
      const line = lineOf(channel)
      const open = line.due.has(id) || channels.held(channel).unacknowledged.some(({ agreement }) => agreement === id)
      if (!open) return Promise.resolve()
      const deferred = line.waiting.get(id) ?? createDeferred<void>()
      deferred.promise.catch(() => {})
      line.waiting.set(id, deferred)
      return deferred.promise
    },
    acknowledged(id, size) {
      const before = channels.peek(id)
      if (before === undefined) return
      const after = acknowledge(before, size)
      if (after === before) return
      // A lost acknowledgement only means sending again, so it rides with the channel's next change to disk.
      channels.hold(after)
      failpoint('buyer.voucher.acknowledged')
      const line = lineOf(id)
      line.gaps = 0
      for (const { agreement } of before.unacknowledged.slice(
        0,
        before.unacknowledged.length - after.unacknowledged.length
      )) {
        line.waiting.get(agreement as AgreementId)?.resolve()
        line.waiting.delete(agreement as AgreementId)
      }
      if (line.due.size > 0) void drain(id, line)
      else progressed()
    },
    refused(id, failure) {
      fail(lineOf(id), new CodedError(failure.code, failure.message, { facts: { channel: id } }))
    },
    async recover(id) {
      // A channel that this process has paid on has nothing left over from before.
      if (lines.has(id)) return
      await resend(id)
    },
    owes: provider => owedTo(provider).length > 0,
    async resendTo(provider) {
      await channels.all()
      await Promise.all(owedTo(provider).map(resend))
    },
    async fillGap(id) {
      const line = lineOf(id)
      if (++line.gaps <= GAPS_MAX) return resend(id)
      fail(line, new CodedError('E_PAYMENT_GAP', 'the provider keeps losing payments', { facts: { channel: id } }))
    },
    async flush(signal) {
      while (!isFlushed() && !signal.aborted) await waitFor(onProgress.promise, signal).catch(() => {})
    }
  }

  /** On every channel: one that no job of this process uses may hold what an earlier one did not get to send. */
  function owedTo(provider: Address): ChannelId[] {
    return channels
      .loaded()
      .filter(channel => channel.provider === provider && channel.unacknowledged.length > 0)
      .map(({ id }) => id)
  }

  async function resend(id: ChannelId): Promise<void> {
    lineOf(id)
    const channel = channels.peek(id)
    if (channel?.voucher === undefined || channel.unacknowledged.length === 0) return
    await send(channel.provider, {
      fromSize: acknowledgedSize(channel),
      pays: [...channel.unacknowledged],
      voucher: channel.voucher
    })
  }
}

/**
 * Gaps filled in a row without an acknowledgement: one is a lost message. A provider that lost its books, or says so,
 * must not make us send the same payments for ever.
 */
const GAPS_MAX = 3

/** After a change that the disk did not take: only a restart brings memory and disk together again. */
export function storeFailed(): CodedError {
  return new CodedError(
    'E_STORE_FAILED',
    'the disk refused a change: nothing more is promised or paid until a restart',
    {
      hint: 'make room on the disk, then start again: what was agreed goes on'
    }
  )
}

function fail(line: Line, err: unknown): void {
  for (const { reject } of line.waiting.values()) reject(err)
  line.waiting.clear()
}

function pick({ agreement, sequence }: Pay): Pay {
  return { agreement, sequence }
}
